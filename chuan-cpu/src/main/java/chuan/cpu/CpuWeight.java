package chuan.cpu;

import chuan.kernel.Matrix;

/// A weight as the CPU engine holds it.
public sealed interface CpuWeight {
    /// A norm's gain.
    ///
    /// @param values `[width]`; not to be written to
    record Gain(float[] values) implements CpuWeight {
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
    record Linear(Matrix matrix) implements CpuWeight {}
}
