package chuan.measure;

/// What is timed: reading a prompt, or generating, for one or several sequences that each hold some
/// tokens already.
///
/// @param prompt tokens read at once; 0 if tokens are generated
/// @param generate tokens generated one after the other; 0 if a prompt is read
/// @param depth tokens that each sequence holds before
/// @param batch sequences that go together
public record SpeedCase(int prompt, int generate, int depth, int batch) {
    public SpeedCase {
        if (prompt < 0 || generate < 0 || (prompt == 0) == (generate == 0))
            throw new IllegalArgumentException("either a prompt or generated tokens are timed");
        if (depth < 0) throw new IllegalArgumentException("a depth of " + depth);
        if (batch < 1) throw new IllegalArgumentException("a batch of " + batch);
    }

    public boolean isPrompt() {
        return prompt > 0;
    }

    /// Tokens of each sequence that are timed.
    public int length() {
        return prompt + generate;
    }

    /// Tokens of all sequences that are timed.
    public long tokens() {
        return (long) batch * length();
    }

    /// Tokens of a sequence in the end.
    public int context() {
        return Math.addExact(depth, length());
    }

    /// As llama-bench writes it: `pp512`, `tg64 @ d4096`; with ` x 8` for a batch.
    public String label() {
        return (isPrompt() ? "pp" + prompt : "tg" + generate)
                + (depth > 0 ? " @ d" + depth : "")
                + (batch > 1 ? " x " + batch : "");
    }
}
