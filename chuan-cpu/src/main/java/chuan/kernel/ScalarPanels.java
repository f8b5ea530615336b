package chuan.kernel;

import static chuan.quant.Panels.BLOCK;
import static chuan.quant.Panels.LINE;
import static chuan.quant.Panels.ROWS;

import chuan.quant.Panels;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Weights in panels times activations, plainly: the truth that [VectorPanels] repeats bit for bit,
/// and what it does with the last block of a row that is not whole.
final class ScalarPanels {
    private static final int HALF = BLOCK / 2;

    private ScalarPanels() {}

    /// @param scales of quantized activations, `[tokens, blocks]`; null: `x` are no codes
    static void matmul(
            Matrix w,
            int from,
            int to,
            float[] x,
            float @Nullable [] scales,
            int tokens,
            float[] y,
            float[] scratch) {
        var layout = Objects.requireNonNull(w.format().panels());
        int columns = w.columns();
        int blocks = Math.ceilDiv(columns, BLOCK);
        for (int first = from / ROWS * ROWS; first < to; first += ROWS)
            for (int t = 0; t < tokens; t++) {
                Arrays.fill(scratch, 0, ROWS, 0);
                for (int block = 0; block < blocks; block++) {
                    float d = scales == null ? 1 : scales[t * blocks + block];
                    int at = t * columns;
                    addBlock(layout, w.address(first), block, columns, x, at, d, scratch, 0);
                }
                store(w, first, from, to, scratch, 0, y, t);
            }
    }

    /// Quantizes tokens `[from, to)`.
    static void quantize(float[] x, int from, int to, QuantizedRows out) {
        for (int t = from; t < to; t++)
            for (int block = 0; block < out.blocks(); block++) quantizeBlock(x, t, block, out);
    }

    static void quantizeBlock(float[] x, int t, int block, QuantizedRows out) {
        int start = t * out.columns() + block * BLOCK;
        int end = Math.min(start + BLOCK, (t + 1) * out.columns());
        float largest = 0;
        for (int i = start; i < end; i++) largest = Math.max(largest, Math.abs(x[i]));
        float factor = QuantizedRows.factor(largest);
        for (int i = start; i < end; i++)
            out.codes()[i] = factor > 0 ? (float) Math.rint(x[i] * factor) : 0;
        out.scales()[t * out.blocks() + block] = QuantizedRows.scale(largest);
    }

    /// Writes the totals at `sums[at, at + 16)` of the panel that begins at row `first`, as far as
    /// they belong to rows `[from, to)`.
    static void store(
            Matrix w, int first, int from, int to, float[] sums, int at, float[] y, int t) {
        int start = Math.max(first, from);
        int end = Math.min(first + ROWS, to);
        System.arraycopy(sums, at + start - first, y, t * w.rows() + start, end - start);
    }

    /// Adds one block of columns to the totals of a panel's sixteen rows at `sums[at, at + 16)`.
    ///
    /// @param panel its address
    /// @param x activations of a token, or their codes, from `xAt` on
    /// @param d what the codes are multiplied by; 1 for activations
    static void addBlock(
            Panels layout,
            long panel,
            int block,
            int columns,
            float[] x,
            int xAt,
            float d,
            float[] sums,
            int at) {
        long superblock = panel + (long) (block / 2) * layout.superblockBytes();
        long scales = superblock + (long) (block % 2) * ROWS * Short.BYTES;
        long lines = superblock + Panels.SCALE_BYTES + (long) (block % 2) * layout.lines() * LINE;
        int k = block * BLOCK;
        int n = Math.min(BLOCK, columns - k);
        for (int r = 0; r < ROWS; r++) {
            float first = 0;
            float last = 0;
            for (int i = 0; i < Math.min(n, HALF); i++)
                first = Math.fma(x[xAt + k + i], code(layout, lines, r, i), first);
            for (int i = HALF; i < n; i++)
                last = Math.fma(x[xAt + k + i], code(layout, lines, r, i), last);
            float scale = Float.float16ToFloat(Memory.half(scales + (long) r * Short.BYTES));
            sums[at + r] = Math.fma((first + last) * d, scale, sums[at + r]);
        }
    }

    /// The code of row `r`, column `i` of the block whose lines begin at `lines`.
    private static int code(Panels layout, long lines, int r, int i) {
        return switch (layout) {
            case PANEL4 -> {
                int column = i % HALF;
                int pair = Memory.code(lines + (long) (column / 4) * LINE + r * 4 + column % 4);
                yield ((i < HALF ? pair : pair >> 4) & 15) - 8;
            }
            case PANEL8 -> Memory.code(lines + (long) (i / 4) * LINE + r * 4 + i % 4);
        };
    }
}
