package chuan.kernel;

import chuan.quant.Panels;
import java.lang.foreign.MemorySegment;

/// A weight `[rows, columns]` off the heap, often straight in a mapped file; row after row, or in
/// panels of sixteen rows ([chuan.quant.Panels]).
///
/// @param memory the elements, little-endian, not necessarily aligned; alive and unchanged as long
///   as this object is in use
/// @param scales per row the factor of its elements, for [WeightFormat#INT8]; else empty. Not to be
///   written to
public record Matrix(
        WeightFormat format, int rows, int columns, MemorySegment memory, float[] scales) {

    public Matrix {
        long bytes = rows <= 0 || columns <= 0 ? -1 : format.matrixBytes(rows, columns);
        if (memory.byteSize() != bytes)
            throw new IllegalArgumentException(
                    "%d x %d elements of %s are %d bytes, not %d"
                            .formatted(rows, columns, format, bytes, memory.byteSize()));
        if (!memory.isNative())
            throw new IllegalArgumentException("weights live outside the Java heap");
        if (scales.length != (format == WeightFormat.INT8 ? rows : 0))
            throw new IllegalArgumentException(
                    format + " with " + scales.length + " scales for " + rows + " rows");
    }

    /// Address of the first byte of `row`; for panels, of the panel that holds it.
    long address(int row) {
        var panels = format.panels();
        return panels == null
                ? memory.address() + row * format.rowBytes(columns)
                : memory.address() + row / Panels.ROWS * panels.panelBytes(columns);
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
