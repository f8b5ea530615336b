package chuan.tokenizer;

/// Hears how far a training is. Called often, from one thread at a time.
@FunctionalInterface
public interface TrainProgress {
    /// `stage`: "reading" (done = texts, total = -1), "counting pairs", "merging" (pieces).
    void report(String stage, long done, long total);

    /// Hears nothing.
    static TrainProgress silent() {
        return (_, _, _) -> {};
    }
}
