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

    /// Takes over the first `length` tokens of another cache of the same back end, whose owner
    /// keeps them and may go on, cut or close it at will. Where the device can, both share the
    /// memory until one of them writes to it.
    ///
    /// @throws IllegalArgumentException if this one holds tokens already, or they do not fit, or
    ///   the other has fewer
    void adopt(KvCache other, int length);

    @Override
    void close();
}
