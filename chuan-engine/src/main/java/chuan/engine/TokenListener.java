package chuan.engine;

/// Hears of a generation while it runs, on the thread that called. An exception thrown here ends
/// the generation and reaches the caller.
@FunctionalInterface
public interface TokenListener {
    /// Hears nothing.
    TokenListener NONE = _ -> {};

    /// Text that became certain: whole characters, never a part of a stop string. All deltas put
    /// together are the text of the result.
    void text(String delta);

    /// A token that was chosen, before its text is certain.
    default void token(TokenLogprobs token) {}

    /// Progress on the prompt: `done` of `total` tokens are in the cache.
    default void prompt(int done, int total) {}
}
