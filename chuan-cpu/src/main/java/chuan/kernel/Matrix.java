package chuan.kernel;

import java.lang.foreign.MemorySegment;

/// A weight `[rows, columns]`, row-major and off the heap: often straight in a mapped file.
///
/// @param memory the elements, little-endian, not necessarily aligned; alive and unchanged as long
///   as this object is in use
/// @param scales per row the factor of its elements, for [WeightFormat#INT8]; else empty. Not to be
///   written to
public record Matrix(
        WeightFormat format, int rows, int columns, MemorySegment memory, float[] scales) {

    public Matrix {
        long bytes = Math.multiplyExact((long) rows * columns, (long) format.bytes());
        if (rows <= 0 || columns <= 0 || memory.byteSize() != bytes)
            throw new IllegalArgumentException(
                    "%d x %d elements of %s are %d bytes, not %d"
                            .formatted(rows, columns, format, bytes, memory.byteSize()));
        if (!memory.isNative())
            throw new IllegalArgumentException("weights live outside the Java heap");
        if (scales.length != (format == WeightFormat.INT8 ? rows : 0))
            throw new IllegalArgumentException(
                    format + " with " + scales.length + " scales for " + rows + " rows");
    }

    /// Address of the first element of `row`.
    long address(int row) {
        return memory.address() + (long) row * columns * format.bytes();
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
