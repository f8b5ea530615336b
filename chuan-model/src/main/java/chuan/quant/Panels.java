package chuan.quant;

import static chuan.quant.BlockFormat.INT;
import static chuan.quant.BlockFormat.SHORT;
import static chuan.quant.BlockFormat.half;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Objects;

/// The two layouts of our own: the same bytes in a file and under the kernels.
///
/// A *panel* is 16 rows, a *block* 32 columns of a panel, a *superblock* two blocks. Panels follow
/// each other, in a panel superblocks ascend with the columns. A matrix is padded to 16 rows and 64
/// columns with scale 0 and code 0. A superblock is
///
/// - 16 fp16 scales of its first block, row after row, and 16 of its second: 64 bytes;
/// - the lines of its first block, then those of its second; a line is 64 bytes, four for each row.
///
/// [#PANEL4]: four lines a block; byte `4 r + j` of line `z` holds row `r`, columns `4 z + j` (low
/// nibble) and `4 z + j + 16` (high nibble); `scale (code - 8)`, as in Q4_0.
///
/// [#PANEL8]: eight lines a block; byte `4 r + j` of line `z` holds row `r`, column `4 z + j`,
/// signed; `scale code`, as in Q8_0.
public enum Panels {
    PANEL4(4),
    PANEL8(8);

    /// Rows of a panel.
    public static final int ROWS = 16;

    /// Columns of a block: those that share a scale.
    public static final int BLOCK = 32;

    /// Columns of a superblock.
    public static final int COLUMNS = 2 * BLOCK;

    /// Bytes of a line.
    public static final int LINE = 64;

    /// Bytes of the scales before the lines of a superblock.
    public static final int SCALE_BYTES = 2 * ROWS * Short.BYTES;

    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    // Of four fp16 numbers at once: an exponent of all ones, plus one, carries into the bit above.
    private static final long FOUR_EXPONENTS = 0x7c00_7c00_7c00_7c00L;
    private static final long FOUR_ONES = 0x0400_0400_0400_0400L;
    private static final long FOUR_CARRIES = 0x8000_8000_8000_8000L;

    private final int bits;

    Panels(int bits) {
        this.bits = bits;
    }

    /// Bits of a code.
    public int bits() {
        return bits;
    }

    /// Lines of a block: 4 or 8.
    public int lines() {
        return bits;
    }

    /// 576 or 1,088.
    public int superblockBytes() {
        return SCALE_BYTES + 2 * lines() * LINE;
    }

    /// Superblocks side by side in a panel.
    public static long superblocks(long columns) {
        return Math.ceilDiv(columns, COLUMNS);
    }

    public static long panels(long rows) {
        return Math.ceilDiv(rows, ROWS);
    }

    public long panelBytes(long columns) {
        return Math.multiplyExact(superblocks(columns), (long) superblockBytes());
    }

    /// Bytes of a matrix.
    ///
    /// @throws ArithmeticException if no file could hold it
    public long bytes(long rows, long columns) {
        return Math.multiplyExact(panels(rows), panelBytes(columns));
    }

    /// Where the superblock of this element begins, in bytes from the start of the matrix.
    public long superblock(long columns, long row, long column) {
        return row / ROWS * panelBytes(columns) + column / COLUMNS * superblockBytes();
    }

    /// Where the fp16 scale of this element lies.
    public long scale(long columns, long row, long column) {
        return superblock(columns, row, column)
                + (column % COLUMNS / BLOCK * ROWS + row % ROWS) * Short.BYTES;
    }

    /// Where the four bytes of `row` in line 0 of the block of this element lie; those in the next
    /// line are [#LINE] bytes further.
    public long codes(long columns, long row, long column) {
        return superblock(columns, row, column)
                + SCALE_BYTES
                + column % COLUMNS / BLOCK * lines() * LINE
                + row % ROWS * Integer.BYTES;
    }

    /// Decodes the elements `[column, column + count)` of one row to `out[at, at + count)`. Fast
    /// where whole blocks are asked for.
    ///
    /// @param data the whole matrix
    /// @param columns of the matrix, without padding
    public void decode(
            MemorySegment data,
            long columns,
            long row,
            long column,
            float[] out,
            int at,
            int count) {
        Objects.checkFromIndexSize(at, count, out.length);
        Objects.checkFromIndexSize(column, count, columns);
        long end = column + count;
        float[] whole = null;
        for (long c = column; c < end; ) {
            int skip = (int) (c % BLOCK);
            int n = (int) Math.min(BLOCK - skip, end - c);
            if (n == BLOCK) {
                decodeBlock(data, columns, row, c, out, at);
            } else {
                if (whole == null) whole = new float[BLOCK];
                decodeBlock(data, columns, row, c, whole, 0);
                System.arraycopy(whole, skip, out, at, n);
            }
            c += n;
            at += n;
        }
    }

    private void decodeBlock(
            MemorySegment data, long columns, long row, long column, float[] out, int at) {
        float scale = half(data, scale(columns, row, column));
        long codes = codes(columns, row, column);
        for (int z = 0; z < lines(); z++) {
            int four = data.get(INT, codes + (long) z * LINE);
            for (int j = 0; j < Integer.BYTES; j++) {
                byte code = (byte) (four >>> (Byte.SIZE * j));
                int to = at + Integer.BYTES * z + j;
                switch (this) {
                    case PANEL4 -> {
                        out[to] = scale * ((code & 15) - 8);
                        out[to + BLOCK / 2] = scale * (((code >> 4) & 15) - 8);
                    }
                    case PANEL8 -> out[to] = scale * code;
                }
            }
        }
    }

    /// Where the first scale lies that is NaN or infinite, in bytes from the start of `data`; -1 if
    /// all are finite, and with them all elements.
    public long firstBadScale(MemorySegment data) {
        long size = data.byteSize();
        long carries = 0;
        for (long at = 0; at < size; at += superblockBytes())
            for (int i = 0; i < SCALE_BYTES; i += Long.BYTES)
                carries |= (data.get(LONG, at + i) & FOUR_EXPONENTS) + FOUR_ONES;
        if ((carries & FOUR_CARRIES) == 0) return -1;
        for (long at = 0; at < size; at += superblockBytes())
            for (int i = 0; i < SCALE_BYTES; i += Short.BYTES)
                if (!BlockFormat.isFinite(data.get(SHORT, at + i))) return at + i;
        return -1;
    }
}
