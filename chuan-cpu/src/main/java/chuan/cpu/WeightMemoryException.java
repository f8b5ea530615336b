package chuan.cpu;

import java.util.Locale;

/// The system has no memory for weights that are not used in the file itself.
public final class WeightMemoryException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    WeightMemoryException(long bytes, Throwable cause) {
        super(
                String.format(
                        Locale.ROOT,
                        "no memory for another %.1f MB of weights: --mmap uses those of the file where"
                                + " they lie",
                        bytes / 1e6),
                cause);
    }
}
