package chuan.files;

import chuan.quant.Panels;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// A tensor about to be written. Its values are asked for piece by piece, in order, when its turn
/// comes, so a model never has to be in memory a second time.
///
/// @param dtype the type in the file
/// @param shape not to be written to
public record TensorSource(String name, DType dtype, long[] shape, Bytes bytes) {

    /// Produces the tensor's bytes in the file.
    public interface Bytes {
        /// Fills `out` with the bytes `[from, from + out.byteSize())`: whole groups of sixteen
        /// rows, fewer only at the end of the tensor. Calls come in rising order, unless a
        /// [ParallelReads] was asked to spread them.
        void read(long from, MemorySegment out);
    }

    /// Produces fp32 values.
    public interface Floats {
        /// Fills `out[0, count)` with the elements from `from` on, in row-major order.
        void read(long from, float[] out, int count);
    }

    /// Elements asked for at once.
    private static final int PIECE = 1 << 16;

    public TensorSource {
        shape = shape.clone();
        dtype.byteCount(shape);
    }

    /// fp32 values, rounded to `dtype` (F32, F16 or BF16; to nearest, ties to even) on the way.
    public static TensorSource of(String name, DType dtype, long[] shape, Floats values) {
        if (dtype != DType.F32 && dtype != DType.F16 && dtype != DType.BF16)
            throw new IllegalArgumentException("cannot write " + dtype + " from fp32");
        return new TensorSource(
                name, dtype, shape, (from, out) -> encode(dtype, values, from, out));
    }

    /// All values in one array.
    public static TensorSource of(String name, DType dtype, long[] shape, float[] values) {
        if (DType.elementCount(shape) != values.length)
            throw new IllegalArgumentException(
                    name + ": " + values.length + " values for " + Arrays.toString(shape));
        return of(
                name,
                dtype,
                shape,
                (from, out, count) ->
                        System.arraycopy(values, Math.toIntExact(from), out, 0, count));
    }

    /// Another file's tensor, byte by byte.
    public static TensorSource copy(TensorData tensor) {
        return new TensorSource(
                tensor.name(),
                tensor.dtype(),
                tensor.shape(),
                (from, out) -> MemorySegment.copy(tensor.data(), from, out, 0, out.byteSize()));
    }

    /// Another file's tensor in another number type.
    public static TensorSource convert(TensorData tensor, DType dtype) {
        return tensor.dtype() == dtype
                ? copy(tensor)
                : of(
                        tensor.name(),
                        dtype,
                        tensor.shape(),
                        (from, out, count) -> tensor.copyTo(from, out, 0, count));
    }

    /// Bytes of sixteen rows, or of the whole tensor if it is no matrix: reads begin at multiples.
    long unit() {
        return shape.length < 2
                ? byteCount()
                : dtype.byteCount(Panels.ROWS, shape[shape.length - 1]);
    }

    long byteCount() {
        return dtype.byteCount(shape);
    }

    private static void encode(DType dtype, Floats values, long from, MemorySegment out) {
        int size = dtype.bytes();
        long count = out.byteSize() / size;
        var piece = new float[(int) Math.min(PIECE, count)];
        for (long done = 0; done < count; done += piece.length) {
            int n = (int) Math.min(piece.length, count - done);
            values.read(from / size + done, piece, n);
            long at = done * size;
            if (dtype == DType.F32) MemorySegment.copy(piece, 0, out, TensorData.FLOAT, at, n);
            else if (dtype == DType.BF16)
                for (int i = 0; i < n; i++)
                    out.set(TensorData.SHORT, at + 2L * i, DType.toBf16(piece[i]));
            else
                for (int i = 0; i < n; i++)
                    out.set(TensorData.SHORT, at + 2L * i, Float.floatToFloat16(piece[i]));
        }
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
