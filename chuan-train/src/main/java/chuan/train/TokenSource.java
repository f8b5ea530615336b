package chuan.train;

import chuan.tokenizer.Tokenizer;

/// A long line of tokens: documents one after the other, each closed by the end token.
public interface TokenSource {
    /// Where it comes from, for messages.
    String name();

    /// Number of tokens, end tokens included.
    long tokens();

    /// Copies `count` tokens from number `from` on into `into`, starting at `at`.
    void copy(long from, int[] into, int at, int count);

    /// UTF-8 bytes of the text that the first `tokens` tokens stand for.
    long textBytes(long tokens, Tokenizer tokenizer);
}
