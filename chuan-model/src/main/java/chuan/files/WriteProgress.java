package chuan.files;

/// Hears how much of a file's tensors is written, several times a second. What it throws ends the
/// writing, and the unfinished file is deleted.
@FunctionalInterface
public interface WriteProgress {
    /// @param bytes of tensors so far
    void wrote(long bytes);

    /// For those who do not care.
    WriteProgress NONE = _ -> {};
}
