package chuan.engine;

/// The generator of Steele, Lea and Flood ("Fast Splittable Pseudorandom Number Generators", OOPSLA
/// 2014) in ten lines of integer arithmetic, so that a seed means the same numbers on every JDK and
/// every processor. One thread at a time.
final class SplitMix64 {
    private long state;

    SplitMix64(long seed) {
        state = seed;
    }

    long nextLong() {
        state += 0x9E3779B97F4A7C15L;
        long z = state;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    /// Uniform in `[0, 1)`, a multiple of 2^-53.
    double nextDouble() {
        return (nextLong() >>> 11) * 0x1p-53;
    }
}
