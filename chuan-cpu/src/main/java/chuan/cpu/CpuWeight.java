package chuan.cpu;

import chuan.kernel.Matrix;
import java.util.List;

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

    /// A matrix.
    record Linear(Matrix matrix) implements CpuWeight {}

    /// A matrix whose rows are stored as several, perhaps in different formats: q, k and v.
    ///
    /// @param parts rows of the first come first; all have as many columns
    record Stacked(List<Matrix> parts) implements CpuWeight {
        public Stacked {
            parts = List.copyOf(parts);
            for (Matrix part : parts)
                if (part.columns() != parts.getFirst().columns())
                    throw new IllegalArgumentException("stacked matrices of different widths");
        }
    }
}
