package chuan.model;

/// The keys and values of one sequence on some device. Owned by whoever opened it; used by one
/// thread at a time; released by [#close].
public interface KvCache extends AutoCloseable {
    /// Tokens held.
    int length();

    /// Tokens that fit.
    int capacity();

    /// Forgets all tokens from `length` on, so that a prefix can be continued differently.
    void truncate(int length);

    @Override
    void close();
}
