package chuan.files;

import chuan.quant.BlockLayout;
import chuan.quant.BlockScheme;
import chuan.quant.ErrorSum;
import chuan.quant.MatrixQuantizer;
import chuan.quant.Rearrangement;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/// Rows of a weight on their way into a file: those of one tensor or of several under each other,
/// all or some, in the order of the files or in llama.cpp's. Any thread may read.
final class WeightRows implements MatrixQuantizer.Values, Rearrangement.Rows {
    private final List<TensorData> parts;
    private final int columns;
    private final long first;
    private final long count;
    private final int heads;

    private WeightRows(List<TensorData> parts, long first, long count, int heads) {
        this.parts = parts;
        long[] shape = parts.getFirst().shape();
        this.columns = Math.toIntExact(shape[shape.length - 1]);
        this.first = first;
        this.count = count;
        this.heads = heads;
    }

    /// All rows of a weight.
    static WeightRows of(List<TensorData> parts) {
        long rows = 0;
        for (TensorData part : parts) rows += rowsOf(part);
        return new WeightRows(parts, 0, rows, 0);
    }

    /// `howMany` rows from row `from` on. With `interleavedHeads`, the rows of each head come as
    /// `0, d/2, 1, d/2 + 1, ...`: the order of llama.cpp's rotation, which it wants of q and k.
    WeightRows pick(long from, long howMany, int interleavedHeads) {
        long at = 0;
        for (TensorData part : parts) {
            if (at == from && rowsOf(part) == howMany)
                return new WeightRows(List.of(part), 0, howMany, interleavedHeads);
            at += rowsOf(part);
        }
        return new WeightRows(parts, from, howMany, interleavedHeads);
    }

    private static long rowsOf(TensorData part) {
        return part.shape().length == 1 ? 1 : part.shape()[0];
    }

    private boolean isWholeTensor() {
        return parts.size() == 1 && heads == 0 && count == rowsOf(parts.getFirst());
    }

    /// The type of all parts, if it is one.
    private Optional<DType> type() {
        var dtype = parts.getFirst().dtype();
        return parts.stream().allMatch(p -> p.dtype() == dtype)
                ? Optional.of(dtype)
                : Optional.empty();
    }

    /// Row `row` of this selection, counted in all parts.
    private long stacked(long row) {
        if (heads == 0) return first + row;
        long width = count / heads;
        long in = row % width;
        return first + row - in + in / 2 + (in % 2) * (width / 2);
    }

    private int partOf(long stacked) {
        int i = 0;
        for (long rest = stacked; rest >= rowsOf(parts.get(i)); i++) rest -= rowsOf(parts.get(i));
        return i;
    }

    @Override
    public MemorySegment matrix(long row) {
        return parts.get(partOf(stacked(row))).data();
    }

    @Override
    public long index(long row) {
        long index = stacked(row);
        int part = partOf(index);
        for (int i = 0; i < part; i++) index -= rowsOf(parts.get(i));
        return index;
    }

    /// Elements of one row, widened to fp32.
    @Override
    public void copyTo(long index, float[] out, int at, int n) {
        long row = index / columns;
        parts.get(partOf(stacked(row))).copyTo(index(row) * columns + index % columns, out, at, n);
    }

    /// As [#copyTo], across rows, from the start of `out` on.
    void copyRun(long index, float[] out, int n) {
        for (int done = 0; done < n; ) {
            int column = (int) ((index + done) % columns);
            int some = Math.min(n - done, columns - column);
            copyTo(index + done, out, done, some);
            done += some;
        }
    }

    /// Writes rows `[from / bytes of a row, ...)` as `type` to all of `out`; see
    /// [TensorSource.Bytes].
    ///
    /// @param importance of the columns, empty for all alike
    /// @param error takes up what is lost
    /// @throws MalformedFileException if a value is not finite, or too large for `type`
    void write(DType type, float[] importance, long from, MemorySegment out, ErrorSum error) {
        var lost = new ErrorSum();
        var scheme = scheme(type);
        var rearranged = type().flatMap(WeightRows::layout);
        if (type().equals(Optional.of(type)) && (isWholeTensor() || layout(type).isEmpty()))
            copyRows(from, out);
        else if (rearranged.isPresent() && sameNumbers(type().orElseThrow(), type))
            rearrange(rearranged.get(), layout(type).orElseThrow(), from, out);
        else if (scheme.isPresent()) quantize(scheme.get(), importance, from, out, lost);
        else round(type, from, out, lost);
        if (!lost.isFinite()) refuse(type);
        error.add(lost);
    }

    /// Byte by byte. Row types only, or all of the tensor.
    private void copyRows(long from, MemorySegment out) {
        if (from == 0) for (TensorData part : parts) part.checkFinite();
        if (isWholeTensor()) {
            MemorySegment.copy(parts.getFirst().data(), from, out, 0, out.byteSize());
            return;
        }
        long bytes = parts.getFirst().dtype().byteCount(columns);
        for (long at = 0; at < out.byteSize(); at += bytes) {
            long row = (from + at) / bytes;
            MemorySegment.copy(matrix(row), index(row) * bytes, out, at, bytes);
        }
    }

    private void rearrange(BlockLayout old, BlockLayout now, long from, MemorySegment out) {
        if (from == 0) for (TensorData part : parts) part.checkFinite();
        long row = from / now.bytes(now.rowsTogether(), columns) * now.rowsTogether();
        new Rearrangement(old, now, columns).copy(this, row, rowsIn(now, row, out.byteSize()), out);
    }

    private void quantize(
            BlockScheme scheme, float[] importance, long from, MemorySegment out, ErrorSum lost) {
        var quantizer = new MatrixQuantizer(scheme, columns, importance);
        var layout = quantizer.layout();
        long row = from / quantizer.bytes(layout.rowsTogether()) * layout.rowsTogether();
        long to = row + rowsIn(layout, row, out.byteSize());
        quantizer.quantize(this, row, to, out, lost);
    }

    /// Rows from `row` on in so many bytes; the last panel may be padded.
    private long rowsIn(BlockLayout layout, long row, long bytes) {
        long together = layout.rowsTogether();
        return Math.min(count - row, bytes / layout.bytes(together, columns) * together);
    }

    private void round(DType type, long from, MemorySegment out, ErrorSum lost) {
        var row = new float[columns];
        int size = type.bytes();
        long bytes = (long) columns * size;
        for (long at = 0; at < out.byteSize(); at += bytes) {
            copyTo((from + at) / size, row, 0, columns);
            double error = 0;
            double power = 0;
            for (int i = 0; i < columns; i++) {
                float rounded =
                        switch (type) {
                            case F16 -> {
                                short bits = Float.floatToFloat16(row[i]);
                                out.set(TensorData.SHORT, at + 2L * i, bits);
                                yield Float.float16ToFloat(bits);
                            }
                            case BF16 -> {
                                short bits = DType.toBf16(row[i]);
                                out.set(TensorData.SHORT, at + 2L * i, bits);
                                yield DType.fromBf16(bits);
                            }
                            default -> {
                                out.set(TensorData.FLOAT, at + 4L * i, row[i]);
                                yield row[i];
                            }
                        };
                error += (row[i] - rounded) * (row[i] - rounded);
                power += row[i] * row[i];
            }
            lost.add(error, power);
        }
    }

    /// Names the first value that is not finite, or says that one is too large.
    void refuse(DType type) {
        for (TensorData part : parts) part.checkFinite();
        var part = parts.getFirst();
        throw MalformedFileException.tensor(
                part.file(), part.name(), "holds values that are too large for " + type);
    }

    static Optional<BlockScheme> scheme(DType type) {
        return switch (type) {
            case Q4_0 -> Optional.of(BlockScheme.Q4_0);
            case Q8_0 -> Optional.of(BlockScheme.Q8_0);
            case PANEL4 -> Optional.of(BlockScheme.INT4);
            case PANEL8 -> Optional.of(BlockScheme.INT8);
            case F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL -> Optional.empty();
            case Q4_1, Q5_0, Q5_1, Q4_K, Q5_K, Q6_K -> Optional.empty();
        };
    }

    private static Optional<BlockLayout> layout(DType type) {
        return scheme(type).map(BlockScheme::layout);
    }

    /// Whether what is stored as `a` can be stored as `b` without loss, and the other way round.
    static boolean sameNumbers(DType a, DType b) {
        var four = List.of(DType.Q4_0, DType.PANEL4);
        var eight = List.of(DType.Q8_0, DType.PANEL8);
        return a == b
                || (four.contains(a) && four.contains(b))
                || (eight.contains(a) && eight.contains(b));
    }
}
