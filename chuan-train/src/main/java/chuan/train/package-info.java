/// Pretraining and fine-tuning: the decoder over libtorch, token shards in, model folders out.
/// Start with [chuan.train.Trainer].
@org.jspecify.annotations.NullMarked
package chuan.train;
