package chuan.autograd;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// An activation `[rows, width]` of a [Tape], with its gradient. Memory is laid out for the most
/// rows; how many there are may change from step to step.
public final class Value {
    /// How many rows there are: shared by all values that have as many.
    static final class Rows {
        final int most;
        int count;

        Rows(int most) {
            this.most = most;
            count = most;
        }
    }

    final Rows rows;
    final int width;
    final Buffer data;

    /// Null where no gradient is asked for.
    @Nullable Buffer gradient;

    Value(Rows rows, int width, Buffer data) {
        this.rows = rows;
        this.width = width;
        this.data = data;
    }

    int count() {
        return rows.count;
    }

    /// Bytes between rows.
    long stride() {
        return (long) width * Float.BYTES;
    }

    long elements() {
        return (long) rows.most * width;
    }

    long gradient() {
        return Objects.requireNonNull(gradient).address();
    }
}
