package chuan.files;

/// A tensor of a file and the order in which its rows lie there.
///
/// @param interleavedHeads heads whose rows lie as `0, d/2, 1, d/2 + 1, ...`, the order of
///   llama.cpp's rotation; 0 if rows lie in the official order
public record StoredRows(TensorData tensor, int interleavedHeads) {

    /// @throws MalformedFileException if the rows are not those of so many heads
    public StoredRows {
        if (interleavedHeads > 0) RowOrder.checkHeads(tensor, interleavedHeads);
    }

    public long rows() {
        return tensor.shape()[0];
    }

    /// Where official row `row` lies.
    public long index(long row) {
        return interleavedHeads == 0 ? row : RowOrder.interleaved(row, rows() / interleavedHeads);
    }
}
