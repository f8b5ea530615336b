package chuan.quant;

import java.util.Arrays;

/// A piece of a matrix on its way into blocks of 32 columns: up to 16 rows of up to 16 blocks,
/// turned so that column `j` of all blocks lies side by side. A *lane* is one block of one row,
/// `block * 16 + row`; every loop over a tile runs across lanes and the compiler makes vector code
/// of it.
///
/// A quantizer reads [#values] and [#weights] and fills [#codes] and [#scales]; an encoder reads
/// those. One thread at a time; used again and again.
final class BlockTile {
    static final int ROWS = 16;
    static final int BLOCK = 32;

    /// Columns that a tile holds at most.
    static final int COLUMNS = 512;

    private static final int LANES = ROWS * COLUMNS / BLOCK;

    /// Distance of rows in [#input]: not a power of two, so that a column does not meet itself in
    /// the cache.
    static final int STRIDE = COLUMNS + 16;

    /// `[16][STRIDE]`: where the caller puts rows before [#turn].
    final float[] input = new float[ROWS * STRIDE];

    /// `[32][lanes]`
    final float[][] values = new float[BLOCK][LANES];

    /// `[32][lanes]`: what the squared error of each value counts.
    final float[][] weights = new float[BLOCK][LANES];

    /// `[32][lanes]`: signed, without an offset.
    final int[][] codes = new int[BLOCK][LANES];

    /// `[lanes]`: numbers that fp16 holds.
    final float[] scales = new float[LANES];

    private int rows;
    private int columns;

    BlockTile() {
        for (float[] w : weights) Arrays.fill(w, 1);
    }

    /// Rows of the matrix in this tile, at most 16.
    int rows() {
        return rows;
    }

    /// Columns of the matrix in this tile, at most 512.
    int columns() {
        return columns;
    }

    /// Blocks that hold at least one column.
    int blocks() {
        return Math.ceilDiv(columns, BLOCK);
    }

    /// Lanes in use; those of rows that the matrix does not have are zero.
    int lanes() {
        return blocks() * ROWS;
    }

    /// Says how much of a matrix the tile stands for.
    void shape(int newRows, int newColumns) {
        rows = newRows;
        columns = newColumns;
    }

    /// Takes `[newRows, newColumns]` out of [#input]; what is missing in the last block and below
    /// the last row becomes zero.
    void turn(int newRows, int newColumns) {
        shape(newRows, newColumns);
        for (int r = 0; r < ROWS; r++) {
            int from = r < rows ? columns : 0;
            Arrays.fill(input, r * STRIDE + from, r * STRIDE + blocks() * BLOCK, 0);
        }
        for (int b = 0; b < blocks(); b++)
            for (int j = 0; j < BLOCK; j++) {
                float[] to = values[j];
                int at = b * BLOCK + j;
                for (int r = 0; r < ROWS; r++) to[b * ROWS + r] = input[r * STRIDE + at];
            }
    }

    /// The errors in column `k` of the matrix count `importance[k]`; this tile begins at column
    /// `first`.
    void weigh(float[] importance, int first) {
        for (int k = 0; k < columns; k++) {
            int lane = k / BLOCK * ROWS;
            Arrays.fill(weights[k % BLOCK], lane, lane + ROWS, importance[first + k]);
        }
    }

    /// Adds what the codes have lost to `sums`.
    void addErrorTo(ErrorSum sums) {
        int lanes = lanes();
        double error = 0;
        double power = 0;
        var lost = new float[lanes];
        var had = new float[lanes];
        for (int j = 0; j < BLOCK; j++) addSquares(values[j], codes[j], scales, lost, had, lanes);
        for (int n = 0; n < lanes; n++) {
            error += lost[n];
            power += had[n];
        }
        sums.add(error, power);
    }

    private static void addSquares(
            float[] x, int[] q, float[] scale, float[] lost, float[] had, int lanes) {
        for (int n = 0; n < lanes; n++) {
            float d = x[n] - scale[n] * q[n];
            lost[n] += d * d;
            had[n] += x[n] * x[n];
        }
    }
}
