package chuan.cpu;

import chuan.kernel.Matrix;

/// A weight as the CPU engine holds it.
public sealed interface CpuWeight {
    /// Bytes in memory.
    long bytes();

    /// A norm's gain.
    ///
    /// @param values `[width]`; not to be written to
    record Gain(float[] values) implements CpuWeight {
        @Override
        public long bytes() {
            return (long) values.length * Float.BYTES;
        }

        @Override
        public boolean equals(Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }
    }

    /// Everything else.
    record Linear(Matrix matrix) implements CpuWeight {
        @Override
        public long bytes() {
            return matrix.bytes();
        }
    }
}
