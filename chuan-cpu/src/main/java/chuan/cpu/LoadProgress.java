package chuan.cpu;

/// Watches weights come into memory.
public interface LoadProgress {
    /// Nobody watches.
    LoadProgress NONE = (_, _) -> {};

    /// `done` of `total` bytes are there. Called by any thread, but one at a time; last with `done
    /// == total`, also when loading ends early.
    void loaded(long done, long total);
}
