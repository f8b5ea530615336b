/// Text to token ids and back: SentencePiece BPE (bit-compatible encoder, decoder and trainer) and
/// token shards on disk. Start with [chuan.tokenizer.Tokenizer]. Uses the JDK only.
@NullMarked
package chuan.tokenizer;

import org.jspecify.annotations.NullMarked;
