package chuan.cpu;

import java.util.Locale;

/// No memory for more keys and values. The cache stays as it was.
public final class KvMemoryException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    KvMemoryException(long pageBytes, long heldBytes) {
        super(
                String.format(
                        Locale.ROOT,
                        "no memory for another %.1f MB of keys and values beside %.1f MB: a smaller"
                                + " context or int8 keys and values (--kv int8) need less",
                        pageBytes / 1e6,
                        heldBytes / 1e6));
    }
}
