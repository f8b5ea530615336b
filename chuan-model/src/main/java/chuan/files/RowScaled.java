package chuan.files;

import chuan.quant.OfficialRows;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/// A matrix in the per-row scheme of the official Baichuan-13B code, as we store it: codes and,
/// under the same name with `_scale`, one fp32 scale for each row. The value is scale times code,
/// exact in fp32.
///
/// @param codes I8 `[rows, columns]`, or I32 `[rows, columns / 8]` with eight codes of 4 bits in a
///   word, the first lowest
/// @param scales F32 `[rows]`
/// @param bits 8 or 4
public record RowScaled(TensorData codes, TensorData scales, int bits) {
    static final String SUFFIX = "_scale";

    /// The columns of a word of codes.
    private int perElement() {
        return bits == 8 ? 1 : OfficialRows.PER_WORD;
    }

    /// @throws MalformedFileException if codes or scales do not have this shape
    void check(long rows, long columns) {
        var type = bits == 8 ? DType.I8 : DType.I32;
        if (codes.dtype() != type
                || columns % perElement() != 0
                || !Arrays.equals(codes.shape(), new long[] {rows, columns / perElement()}))
            throw MalformedFileException.tensor(
                    codes.file(),
                    codes.name(),
                    "is "
                            + codes.dtype()
                            + Arrays.toString(codes.shape())
                            + ", but codes of "
                            + bits
                            + " bits for "
                            + rows
                            + " x "
                            + columns
                            + " weights are expected");
        if (scales.dtype() != DType.F32 || !Arrays.equals(scales.shape(), new long[] {rows}))
            throw MalformedFileException.tensor(
                    scales.file(),
                    scales.name(),
                    "is not one F32 scale for each of " + rows + " rows");
    }

    public int rows() {
        return Math.toIntExact(codes.shape()[0]);
    }

    public int columns() {
        return Math.toIntExact(codes.shape()[1] * perElement());
    }

    /// All codes as signed bytes, `[rows, columns]`: a view where they are stored so, else a copy
    /// off the heap.
    public MemorySegment codeBytes() {
        if (bits == 8) return codes.data();
        long words = codes.elements();
        var out = OffHeap.allocate(Math.multiplyExact(words, (long) OfficialRows.PER_WORD));
        for (long w = 0; w < words; w++) {
            int word = codes.data().get(TensorData.INT, w * Integer.BYTES);
            for (int i = 0; i < OfficialRows.PER_WORD; i++)
                out.set(
                        ValueLayout.JAVA_BYTE,
                        w * OfficialRows.PER_WORD + i,
                        (byte) OfficialRows.unpack(word, i));
        }
        return out;
    }

    /// The same matrix in fp32, a copy off the heap.
    public TensorData dequantized() {
        var bytes = codeBytes();
        long[] shape = {rows(), columns()};
        var out = OffHeap.allocate(DType.F32.byteCount(shape));
        for (long r = 0; r < shape[0]; r++) {
            float scale = scales.get(r);
            for (long k = r * shape[1]; k < (r + 1) * shape[1]; k++)
                out.set(
                        TensorData.FLOAT,
                        k * Float.BYTES,
                        scale * bytes.get(ValueLayout.JAVA_BYTE, k));
        }
        return new TensorData(codes.name(), DType.F32, shape, out, codes.file(), codes.offset());
    }
}
