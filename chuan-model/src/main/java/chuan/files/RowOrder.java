package chuan.files;

import chuan.quant.Panels;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// Moves the rows of stored tensors, as they are: whole rows of blocks are copied, never decoded.
final class RowOrder {
    private RowOrder() {}

    /// The matrix whose rows are those of `parts`, in this order. Keeps their number type if it is
    /// the same for all; else rows become fp32.
    static TensorData stacked(String name, List<TensorData> parts) {
        var first = parts.getFirst();
        if (parts.size() == 1) return first.as(name, first.shape());
        long[] shape = first.shape().clone();
        shape[0] = 0;
        for (TensorData part : parts) shape[0] = Math.addExact(shape[0], part.shape()[0]);
        var dtype = canBeJoined(parts) ? first.dtype() : DType.F32;
        var bytes = OffHeap.allocate(dtype.byteCount(shape));
        long at = 0;
        for (TensorData part : parts) {
            if (part.dtype() == dtype)
                MemorySegment.copy(part.data(), 0, bytes, at, part.data().byteSize());
            else decode(part, bytes, at);
            at += dtype.byteCount(part.shape());
        }
        return new TensorData(name, dtype, shape, bytes, first.file(), first.offset());
    }

    /// Panels can be set under each other if each part but the last fills its own.
    private static boolean canBeJoined(List<TensorData> parts) {
        var dtype = parts.getFirst().dtype();
        if (parts.stream().anyMatch(part -> part.dtype() != dtype)) return false;
        return dtype.panels().isEmpty()
                || parts.subList(0, parts.size() - 1).stream()
                        .allMatch(part -> part.shape()[0] % Panels.ROWS == 0);
    }

    private static void decode(TensorData part, MemorySegment to, long at) {
        var row = new float[Math.toIntExact(part.shape()[part.shape().length - 1])];
        for (long i = 0; i < part.elements(); i += row.length) {
            part.copyTo(i, row, 0, row.length);
            MemorySegment.copy(row, 0, to, TensorData.FLOAT, at + i * Float.BYTES, row.length);
        }
    }

    /// Undoes the order that llama.cpp's converter gives to the rows of q and k: within each head
    /// of `d` rows, row `2 j` becomes `j` and row `2 j + 1` becomes `j + d / 2`.
    static TensorData official(TensorData tensor, int heads) {
        checkHeads(tensor, heads);
        long rows = tensor.shape()[0];
        long headRows = rows / heads;
        long rowBytes = tensor.data().byteSize() / rows;
        var bytes = OffHeap.allocate(tensor.data().byteSize());
        for (long row = 0; row < rows; row++) {
            long from = interleaved(row, headRows);
            MemorySegment.copy(tensor.data(), from * rowBytes, bytes, row * rowBytes, rowBytes);
        }
        return new TensorData(
                tensor.name(),
                tensor.dtype(),
                tensor.shape(),
                bytes,
                tensor.file(),
                tensor.offset());
    }

    /// Where the official row `row` lies in a matrix whose heads of `headRows` rows each are in the
    /// order of llama.cpp.
    static long interleaved(long row, long headRows) {
        long inHead = row % headRows;
        long half = headRows / 2;
        return row - inHead + 2 * (inHead % half) + inHead / half;
    }

    static void checkHeads(TensorData tensor, int heads) {
        long rows = tensor.shape()[0];
        if (tensor.dtype().panels().isPresent())
            throw MalformedFileException.tensor(
                    tensor.file(),
                    tensor.name(),
                    "is in " + tensor.dtype() + ", but such files hold q, k and v packed");
        if (rows % heads != 0 || rows / heads % 2 != 0)
            throw MalformedFileException.tensor(
                    tensor.file(), tensor.name(), rows + " rows are no " + heads + " even heads");
    }

    /// Rows divided by their length, in fp32: what the official code of Baichuan2 does with its
    /// output matrix at the first forward pass.
    static TensorData normalized(TensorData tensor) {
        tensor.checkFinite();
        int columns = Math.toIntExact(tensor.shape()[1]);
        var bytes = OffHeap.allocate(DType.F32.byteCount(tensor.shape()));
        var row = new float[columns];
        for (long r = 0; r < tensor.shape()[0]; r++) {
            tensor.copyTo(r * columns, row, 0, columns);
            double sum = 0;
            for (float v : row) sum += (double) v * v;
            double length = Math.max(Math.sqrt(sum), 1e-12);
            for (int i = 0; i < columns; i++) row[i] = (float) (row[i] / length);
            MemorySegment.copy(row, 0, bytes, TensorData.FLOAT, r * columns * Float.BYTES, columns);
        }
        return new TensorData(
                tensor.name(), DType.F32, tensor.shape(), bytes, tensor.file(), tensor.offset());
    }
}
