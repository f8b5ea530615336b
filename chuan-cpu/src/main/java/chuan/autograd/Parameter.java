package chuan.autograd;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// A weight that is trained, and its gradient: fp32, row after row. Owned by [Parameters].
public final class Parameter {
    private final String name;
    private final long[] shape;
    private final MemorySegment data;
    private final MemorySegment gradient;

    Parameter(String name, long[] shape, Arena arena) {
        this.name = name;
        this.shape = shape.clone();
        long bytes = Float.BYTES;
        for (long n : shape) bytes = Math.multiplyExact(bytes, n);
        data = arena.allocate(bytes, Buffer.ALIGNMENT);
        gradient = arena.allocate(bytes, Buffer.ALIGNMENT);
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
        return data.byteSize() / Float.BYTES;
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
