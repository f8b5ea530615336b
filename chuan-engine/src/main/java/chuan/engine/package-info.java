/// From a loaded model to text: sampling, chat prompts, generation with stop conditions, chat
/// sessions that reuse their cache, perplexity. Knows no back end: it sees [chuan.model.Backend]
/// and [chuan.model.KvCache] only. Programs start at [chuan.engine.Chuan]; the level below is
/// [chuan.engine.Engine].
@NullMarked
package chuan.engine;

import org.jspecify.annotations.NullMarked;
