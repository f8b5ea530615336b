package chuan.files;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;

/// One stored tensor: a read-only, row-major view of its bytes, usually straight in a mapped file.
/// The view stays valid as long as it is reachable. Any thread may read.
///
/// @param name its official name
/// @param shape `[rows, columns]`, `[columns]`, ...; not to be written to
/// @param data exactly the tensor's bytes, little-endian, not necessarily aligned
/// @param file where it was found, for messages
/// @param offset first byte in that file, for messages
public record TensorData(
        String name, DType dtype, long[] shape, MemorySegment data, Path file, long offset) {

    static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfDouble DOUBLE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    public TensorData {
        long bytes = dtype.byteCount(shape);
        if (data.byteSize() != bytes)
            throw new IllegalArgumentException(
                    name + " needs " + bytes + " bytes, not " + data.byteSize());
        data = data.asReadOnly();
    }

    /// Elements.
    public long elements() {
        return DType.elementCount(shape);
    }

    /// Element `index` in row-major order, widened to fp32 (exactly, but for 64-bit types). Slow
    /// for quantized types: decodes a block.
    public float get(long index) {
        return switch (dtype) {
            case F64 -> (float) data.get(DOUBLE, index * Double.BYTES);
            case F32 -> data.get(FLOAT, index * Float.BYTES);
            case F16 -> Float.float16ToFloat(data.get(SHORT, index * Short.BYTES));
            case BF16 -> DType.fromBf16(data.get(SHORT, index * Short.BYTES));
            case I64 -> data.get(LONG, index * Long.BYTES);
            case I32 -> data.get(INT, index * Integer.BYTES);
            case I16 -> data.get(SHORT, index * Short.BYTES);
            case I8 -> data.get(ValueLayout.JAVA_BYTE, index);
            case U8, BOOL -> data.get(ValueLayout.JAVA_BYTE, index) & 0xff;
            case Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K, PANEL4, PANEL8 -> {
                var one = new float[1];
                copyTo(index, one, 0, 1);
                yield one[0];
            }
        };
    }

    /// Copies `count` elements from `index` on to `out[at, at + count)`, widened to fp32.
    public void copyTo(long index, float[] out, int at, int count) {
        Objects.checkFromIndexSize(index, count, elements());
        Objects.checkFromIndexSize(at, count, out.length);
        switch (dtype) {
            case F32 -> MemorySegment.copy(data, FLOAT, index * Float.BYTES, out, at, count);
            case BF16 -> {
                long from = index * Short.BYTES;
                for (int i = 0; i < count; i++)
                    out[at + i] = DType.fromBf16(data.get(SHORT, from + 2L * i));
            }
            case F16 -> {
                long from = index * Short.BYTES;
                for (int i = 0; i < count; i++)
                    out[at + i] = Float.float16ToFloat(data.get(SHORT, from + 2L * i));
            }
            case F64, I64, I32, I16, I8, U8, BOOL -> {
                for (int i = 0; i < count; i++) out[at + i] = get(index + i);
            }
            case Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K ->
                    dtype.block().orElseThrow().decode(data, index, out, at, count);
            case PANEL4, PANEL8 -> decodePanels(index, out, at, count);
        }
    }

    private void decodePanels(long index, float[] out, int at, int count) {
        var panels = dtype.panels().orElseThrow();
        long columns = shape[shape.length - 1];
        for (int done = 0; done < count; ) {
            long row = (index + done) / columns;
            long column = (index + done) % columns;
            int n = (int) Math.min(count - done, columns - column);
            panels.decode(data, columns, row, column, out, at + done, n);
            done += n;
        }
    }

    /// All elements in row-major order, widened to fp32.
    ///
    /// @throws IllegalStateException if they do not fit into one array
    public float[] toFloats() {
        if (elements() > Integer.MAX_VALUE - 8)
            throw new IllegalStateException(name + " does not fit into one array");
        var out = new float[(int) elements()];
        copyTo(0, out, 0, out.length);
        return out;
    }

    /// The rows of a matrix, `[rows][columns]`; a vector is one row.
    public float[][] toRows() {
        int columns = shape.length == 0 ? 1 : Math.toIntExact(shape[shape.length - 1]);
        int rows = columns == 0 ? 0 : Math.toIntExact(elements() / columns);
        var out = new float[rows][columns];
        for (int r = 0; r < rows; r++) copyTo((long) r * columns, out[r], 0, columns);
        return out;
    }

    /// Refuses a tensor that holds a NaN or an infinity: [FiniteCheck].
    ///
    /// @throws MalformedFileException naming the tensor and the first such element
    public void checkFinite() {
        FiniteCheck.check(this);
    }

    /// Bytes that [#isFinite] can judge alone.
    public int unit() {
        return FiniteCheck.unit(dtype);
    }

    /// Whether a piece of the data is free of NaN and infinity, for readers that look at bytes as
    /// they take them; [#checkFinite] says where one is.
    ///
    /// @param bytes of this tensor or a copy of them, from a multiple of [#unit] to another or to
    ///   the end
    public boolean isFinite(MemorySegment bytes) {
        return FiniteCheck.isFinite(dtype, bytes);
    }

    /// The same bytes under another name or shape of as many elements.
    public TensorData as(String newName, long... newShape) {
        return new TensorData(newName, dtype, newShape, data, file, offset);
    }

    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }

    @Override
    public String toString() {
        return name + " " + dtype + Arrays.toString(shape) + " in " + file + " at byte " + offset;
    }
}
