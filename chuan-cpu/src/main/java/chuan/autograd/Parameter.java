package chuan.autograd;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// A weight that is trained, and its gradient: fp32, row after row. Owned by [Parameters].
public final class Parameter {
    private final String name;
    private final long[] shape;
    private final long count;
    private MemorySegment data = MemorySegment.NULL;
    private MemorySegment gradient = MemorySegment.NULL;

    Parameter(String name, long[] shape) {
        this.name = name;
        this.shape = shape.clone();
        long scalars = 1;
        for (long n : shape) scalars = Math.multiplyExact(scalars, n);
        count = scalars;
    }

    void placeIn(MemorySegment values, MemorySegment gradients) {
        data = values;
        gradient = gradients;
    }

    /// As in the official files.
    public String name() {
        return name;
    }

    public long[] shape() {
        return shape.clone();
    }

    public boolean isMatrix() {
        return shape.length == 2;
    }

    /// Scalars.
    public long count() {
        return count;
    }

    long bytes() {
        return Math.multiplyExact(count, Float.BYTES);
    }

    /// Its values, for readers and writers between steps.
    public MemorySegment data() {
        return data;
    }

    /// What the last steps added up.
    public MemorySegment gradient() {
        return gradient;
    }

    /// Copies `values` into it.
    public void set(float[] values) {
        if (values.length != count())
            throw new IllegalArgumentException(
                    name + " has " + count() + " values, not " + values.length);
        MemorySegment.copy(values, 0, data, ValueLayout.JAVA_FLOAT, 0, values.length);
    }

    int rows() {
        return Math.toIntExact(shape[0]);
    }

    int columns() {
        return Math.toIntExact(shape[shape.length - 1]);
    }

    long address() {
        return data.address();
    }

    long gradientAddress() {
        return gradient.address();
    }
}
