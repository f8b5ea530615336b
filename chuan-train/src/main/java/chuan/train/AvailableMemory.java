package chuan.train;

/// How much memory training may take, what the process has already included.
///
/// @param bytes in all
/// @param limit what sets it, for people: with the number, such as `21.50 GB free on this machine`
public record AvailableMemory(long bytes, String limit) {
    /// Nothing is checked.
    public static final AvailableMemory UNLIMITED =
            new AvailableMemory(Long.MAX_VALUE, "no known limit");
}
