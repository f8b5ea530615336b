package chuan.kernel;

import static chuan.kernel.Kernels.LANES;
import static chuan.kernel.Registers.F;
import static chuan.kernel.Registers.LENGTH;
import static chuan.quant.Panels.BLOCK;
import static chuan.quant.Panels.LINE;
import static chuan.quant.Panels.ROWS;
import static chuan.quant.Panels.SCALE_BYTES;

import chuan.quant.Panels;
import java.util.Arrays;
import java.util.Objects;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.jspecify.annotations.Nullable;

/// Weights in panels times rows of activations: a register holds a column of rows, an activation is
/// spread over it. For a token or few, codes become floats in the registers. For many tokens, a
/// stretch of a panel is decoded once, to `[column][16]` floats in the cache, and meets tiles of
/// four tokens.
///
/// Narrow registers take a panel in two or four groups of rows.
final class VectorPanels {
    /// Fewer tokens than this meet the codes one by one.
    private static final int FEW = 3;

    private static final int TILE = 4;

    /// Columns decoded at once: 64 KB of floats.
    private static final int STRETCH = 1024;

    /// Tokens that meet a decoded stretch.
    private static final int TOKENS = 64;

    private static final int HALF = BLOCK / 2;

    // Scratch: totals [token][16], scales [block][16], decoded codes [column][16].
    private static final int SCALES = TOKENS * LANES;
    private static final int CODES = SCALES + STRETCH / BLOCK * LANES;

    static final int SCRATCH_FLOATS = CODES + STRETCH * LANES;

    /// Makes codes 0..15, which stand for -8..7, four-bit two's complement numbers.
    private static final int OFFSET_TO_SIGNED = 0x8888_8888;

    private static final float ROUNDER = 0x1.8p23f;

    private VectorPanels() {}

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
        for (int first = from / ROWS * ROWS; first < to; first += ROWS)
            if (tokens < FEW) few(w, first, from, to, x, scales, tokens, y, scratch);
            else
                for (int t = 0; t < tokens; t += TOKENS) {
                    int end = Math.min(tokens, t + TOKENS);
                    many(w, first, from, to, x, scales, t, end, y, scratch);
                }
    }

    private static float scale(float @Nullable [] scales, int index) {
        return scales == null ? 1 : scales[index];
    }

    /// Quantizes tokens `[from, to)`.
    static void quantize(float[] x, int from, int to, QuantizedRows out) {
        int columns = out.columns();
        int whole = columns / BLOCK;
        float[] codes = out.codes();
        for (int t = from; t < to; t++) {
            for (int block = 0; block < whole; block++) {
                int at = t * columns + block * BLOCK;
                float largest = largest(x, at);
                encode(x, at, QuantizedRows.factor(largest), codes);
                out.scales()[t * out.blocks() + block] = QuantizedRows.scale(largest);
            }
            if (whole < out.blocks()) ScalarPanels.quantizeBlock(x, t, whole, out);
        }
    }

    private static float largest(float[] x, int at) {
        var largest = FloatVector.zero(F);
        for (int i = at; i < at + BLOCK; i += LENGTH)
            largest = FloatVector.fromArray(F, x, i).abs().max(largest);
        return largest.reduceLanes(VectorOperators.MAX);
    }

    /// The sum with 1.5 * 2^23 has no room for fractions: the processor rounds them as `rint` does.
    private static void encode(float[] x, int at, float factor, float[] codes) {
        if (factor == 0) {
            Arrays.fill(codes, at, at + BLOCK, 0);
            return;
        }
        for (int i = at; i < at + BLOCK; i += LENGTH)
            FloatVector.fromArray(F, x, i)
                    .mul(factor)
                    .add(ROUNDER)
                    .sub(ROUNDER)
                    .intoArray(codes, i);
    }

    private static void few(
            Matrix w,
            int first,
            int from,
            int to,
            float[] x,
            float @Nullable [] scales,
            int tokens,
            float[] y,
            float[] scratch) {
        int columns = w.columns();
        int whole = columns / BLOCK;
        int blocks = Math.ceilDiv(columns, BLOCK);
        long panel = w.address(first);
        var layout = Objects.requireNonNull(w.format().panels());
        for (int t = 0; t < tokens; t++) {
            Arrays.fill(scratch, 0, LANES, 0);
            switch (layout) {
                case PANEL4 -> one4(panel, whole, x, t * columns, scales, t * blocks, scratch);
                case PANEL8 -> one8(panel, whole, x, t * columns, scales, t * blocks, scratch);
            }
            if (whole < blocks) {
                float d = scale(scales, t * blocks + whole);
                int at = t * columns;
                ScalarPanels.addBlock(layout, panel, whole, columns, x, at, d, scratch, 0);
            }
            ScalarPanels.store(w, first, from, to, scratch, 0, y, t);
        }
    }

    /// Adds `blocks` whole blocks of a panel times one token to `sums[0, 16)`.
    private static void one4(
            long panel,
            int blocks,
            float[] x,
            int at,
            float @Nullable [] xScales,
            int xScale,
            float[] sums) {
        int superblock = Panels.PANEL4.superblockBytes();
        for (int lane = 0; lane < LANES; lane += LENGTH) {
            var total = FloatVector.fromArray(F, sums, lane);
            for (int block = 0; block < blocks; block++) {
                long scales = panel + (long) (block >> 1) * superblock + (block & 1) * (2 * ROWS);
                long line =
                        panel
                                + (long) (block >> 1) * superblock
                                + (SCALE_BYTES + (block & 1) * 4 * LINE + 4 * lane);
                var a = FloatVector.zero(F);
                var b = FloatVector.zero(F);
                int k = at + block * BLOCK;
                for (int z = 0; z < 4; z++, line += LINE, k += 4) {
                    var v = Registers.ints(line).lanewise(VectorOperators.XOR, OFFSET_TO_SIGNED);
                    a = signed(v, 28).fma(FloatVector.broadcast(F, x[k]), a);
                    b = signed(v, 24).fma(FloatVector.broadcast(F, x[k + 16]), b);
                    a = signed(v, 20).fma(FloatVector.broadcast(F, x[k + 1]), a);
                    b = signed(v, 16).fma(FloatVector.broadcast(F, x[k + 17]), b);
                    a = signed(v, 12).fma(FloatVector.broadcast(F, x[k + 2]), a);
                    b = signed(v, 8).fma(FloatVector.broadcast(F, x[k + 18]), b);
                    a = signed(v, 4).fma(FloatVector.broadcast(F, x[k + 3]), a);
                    b = signed(v, 0).fma(FloatVector.broadcast(F, x[k + 19]), b);
                }
                float d = scale(xScales, xScale + block);
                total = a.add(b).mul(d).fma(Registers.f16(scales + 2 * lane), total);
            }
            total.intoArray(sums, lane);
        }
    }

    /// Four bits as a float, whose highest bit comes to the top by a shift of `left`.
    private static FloatVector signed(jdk.incubator.vector.IntVector v, int left) {
        return Registers.floats(
                v.lanewise(VectorOperators.LSHL, left).lanewise(VectorOperators.ASHR, 28));
    }

    /// The same for eight bits: lines `z` hold columns of the first half, lines `z + 4` of the
    /// last.
    private static void one8(
            long panel,
            int blocks,
            float[] x,
            int at,
            float @Nullable [] xScales,
            int xScale,
            float[] sums) {
        int superblock = Panels.PANEL8.superblockBytes();
        for (int lane = 0; lane < LANES; lane += LENGTH) {
            var total = FloatVector.fromArray(F, sums, lane);
            for (int block = 0; block < blocks; block++) {
                long scales = panel + (long) (block >> 1) * superblock + (block & 1) * (2 * ROWS);
                long line =
                        panel
                                + (long) (block >> 1) * superblock
                                + (SCALE_BYTES + (block & 1) * 8 * LINE + 4 * lane);
                var a = FloatVector.zero(F);
                var b = FloatVector.zero(F);
                int k = at + block * BLOCK;
                for (int z = 0; z < 4; z++, line += LINE, k += 4) {
                    var v = Registers.ints(line);
                    var u = Registers.ints(line + 4 * LINE);
                    a = octet(v, 24).fma(FloatVector.broadcast(F, x[k]), a);
                    b = octet(u, 24).fma(FloatVector.broadcast(F, x[k + 16]), b);
                    a = octet(v, 16).fma(FloatVector.broadcast(F, x[k + 1]), a);
                    b = octet(u, 16).fma(FloatVector.broadcast(F, x[k + 17]), b);
                    a = octet(v, 8).fma(FloatVector.broadcast(F, x[k + 2]), a);
                    b = octet(u, 8).fma(FloatVector.broadcast(F, x[k + 18]), b);
                    a = octet(v, 0).fma(FloatVector.broadcast(F, x[k + 3]), a);
                    b = octet(u, 0).fma(FloatVector.broadcast(F, x[k + 19]), b);
                }
                float d = scale(xScales, xScale + block);
                total = a.add(b).mul(d).fma(Registers.f16(scales + 2 * lane), total);
            }
            total.intoArray(sums, lane);
        }
    }

    /// A signed byte as a float, which comes to the top by a shift of `left`.
    private static FloatVector octet(jdk.incubator.vector.IntVector v, int left) {
        return Registers.floats(
                v.lanewise(VectorOperators.LSHL, left).lanewise(VectorOperators.ASHR, 24));
    }

    /// The panel that begins at row `first` times tokens `[t, end)`, at most [#TOKENS].
    private static void many(
            Matrix w,
            int first,
            int from,
            int to,
            float[] x,
            float @Nullable [] scales,
            int t,
            int end,
            float[] y,
            float[] scratch) {
        int columns = w.columns();
        int whole = columns / BLOCK;
        int all = Math.ceilDiv(columns, BLOCK);
        int perStretch = STRETCH / BLOCK;
        long panel = w.address(first);
        var layout = Objects.requireNonNull(w.format().panels());
        Arrays.fill(scratch, 0, (end - t) * LANES, 0);
        for (int block = 0; block < whole; block += perStretch) {
            int blocks = Math.min(perStretch, whole - block);
            spread(layout, panel, block, blocks, scratch);
            int k = block * BLOCK;
            int i = t;
            for (; i + TILE <= end; i += TILE) {
                int d = i * all + block;
                tile4(
                        scratch,
                        (i - t) * LANES,
                        blocks,
                        x,
                        i * columns + k,
                        columns,
                        scales,
                        d,
                        all);
            }
            for (; i < end; i++) {
                int d = i * all + block;
                tile1(scratch, (i - t) * LANES, blocks, x, i * columns + k, scales, d);
            }
        }
        for (int i = t; i < end; i++) {
            int at = (i - t) * LANES;
            if (whole < all) {
                float d = scale(scales, i * all + whole);
                int row = i * columns;
                ScalarPanels.addBlock(layout, panel, whole, columns, x, row, d, scratch, at);
            }
            ScalarPanels.store(w, first, from, to, scratch, at, y, i);
        }
    }

    /// Decodes blocks `[block, block + blocks)` to scales and codes in `scratch`.
    private static void spread(Panels layout, long panel, int block, int blocks, float[] scratch) {
        int superblock = layout.superblockBytes();
        for (int i = 0; i < blocks; i++) {
            int odd = (block + i) & 1;
            long start = panel + (long) ((block + i) >> 1) * superblock;
            for (int lane = 0; lane < LANES; lane += LENGTH)
                Registers.f16(start + odd * (2 * ROWS) + 2 * lane)
                        .intoArray(scratch, SCALES + i * LANES + lane);
            long lines = start + SCALE_BYTES + (long) odd * layout.lines() * LINE;
            int to = CODES + i * BLOCK * LANES;
            switch (layout) {
                case PANEL4 -> spread4(lines, scratch, to);
                case PANEL8 -> spread8(lines, scratch, to);
            }
        }
    }

    private static void spread4(long lines, float[] out, int at) {
        int half = HALF * LANES;
        for (int lane = 0; lane < LANES; lane += LENGTH)
            for (int z = 0; z < 4; z++) {
                var v =
                        Registers.ints(lines + z * LINE + 4 * lane)
                                .lanewise(VectorOperators.XOR, OFFSET_TO_SIGNED);
                int to = at + 4 * z * LANES + lane;
                signed(v, 28).intoArray(out, to);
                signed(v, 24).intoArray(out, to + half);
                signed(v, 20).intoArray(out, to + LANES);
                signed(v, 16).intoArray(out, to + half + LANES);
                signed(v, 12).intoArray(out, to + 2 * LANES);
                signed(v, 8).intoArray(out, to + half + 2 * LANES);
                signed(v, 4).intoArray(out, to + 3 * LANES);
                signed(v, 0).intoArray(out, to + half + 3 * LANES);
            }
    }

    private static void spread8(long lines, float[] out, int at) {
        for (int lane = 0; lane < LANES; lane += LENGTH)
            for (int z = 0; z < 8; z++) {
                var v = Registers.ints(lines + z * LINE + 4 * lane);
                int to = at + 4 * z * LANES + lane;
                octet(v, 24).intoArray(out, to);
                octet(v, 16).intoArray(out, to + LANES);
                octet(v, 8).intoArray(out, to + 2 * LANES);
                octet(v, 0).intoArray(out, to + 3 * LANES);
            }
    }

    /// Adds the decoded blocks times four tokens to the totals at `scratch[sums, sums + 64)`.
    private static void tile4(
            float[] scratch,
            int sums,
            int blocks,
            float[] x,
            int x0,
            int columns,
            float @Nullable [] scales,
            int d0,
            int stride) {
        int x1 = x0 + columns;
        int x2 = x1 + columns;
        int x3 = x2 + columns;
        for (int lane = 0; lane < LANES; lane += LENGTH) {
            var total0 = FloatVector.fromArray(F, scratch, sums + lane);
            var total1 = FloatVector.fromArray(F, scratch, sums + LANES + lane);
            var total2 = FloatVector.fromArray(F, scratch, sums + 2 * LANES + lane);
            var total3 = FloatVector.fromArray(F, scratch, sums + 3 * LANES + lane);
            for (int block = 0; block < blocks; block++) {
                var a0 = FloatVector.zero(F);
                var a1 = a0;
                var a2 = a0;
                var a3 = a0;
                var b0 = a0;
                var b1 = a0;
                var b2 = a0;
                var b3 = a0;
                int k = block * BLOCK;
                int codes = CODES + k * LANES + lane;
                for (int i = 0; i < HALF; i++, k++, codes += LANES) {
                    var w = FloatVector.fromArray(F, scratch, codes);
                    a0 = w.fma(FloatVector.broadcast(F, x[x0 + k]), a0);
                    a1 = w.fma(FloatVector.broadcast(F, x[x1 + k]), a1);
                    a2 = w.fma(FloatVector.broadcast(F, x[x2 + k]), a2);
                    a3 = w.fma(FloatVector.broadcast(F, x[x3 + k]), a3);
                    w = FloatVector.fromArray(F, scratch, codes + HALF * LANES);
                    b0 = w.fma(FloatVector.broadcast(F, x[x0 + k + HALF]), b0);
                    b1 = w.fma(FloatVector.broadcast(F, x[x1 + k + HALF]), b1);
                    b2 = w.fma(FloatVector.broadcast(F, x[x2 + k + HALF]), b2);
                    b3 = w.fma(FloatVector.broadcast(F, x[x3 + k + HALF]), b3);
                }
                var scale = FloatVector.fromArray(F, scratch, SCALES + block * LANES + lane);
                total0 = a0.add(b0).mul(scale(scales, d0 + block)).fma(scale, total0);
                total1 = a1.add(b1).mul(scale(scales, d0 + stride + block)).fma(scale, total1);
                total2 = a2.add(b2).mul(scale(scales, d0 + 2 * stride + block)).fma(scale, total2);
                total3 = a3.add(b3).mul(scale(scales, d0 + 3 * stride + block)).fma(scale, total3);
            }
            total0.intoArray(scratch, sums + lane);
            total1.intoArray(scratch, sums + LANES + lane);
            total2.intoArray(scratch, sums + 2 * LANES + lane);
            total3.intoArray(scratch, sums + 3 * LANES + lane);
        }
    }

    /// The same for one token.
    private static void tile1(
            float[] scratch,
            int sums,
            int blocks,
            float[] x,
            int at,
            float @Nullable [] scales,
            int d) {
        for (int lane = 0; lane < LANES; lane += LENGTH) {
            var total = FloatVector.fromArray(F, scratch, sums + lane);
            for (int block = 0; block < blocks; block++) {
                var a = FloatVector.zero(F);
                var b = a;
                int k = block * BLOCK;
                int codes = CODES + k * LANES + lane;
                for (int i = 0; i < HALF; i++, k++, codes += LANES) {
                    a =
                            FloatVector.fromArray(F, scratch, codes)
                                    .fma(FloatVector.broadcast(F, x[at + k]), a);
                    b =
                            FloatVector.fromArray(F, scratch, codes + HALF * LANES)
                                    .fma(FloatVector.broadcast(F, x[at + k + HALF]), b);
                }
                var scale = FloatVector.fromArray(F, scratch, SCALES + block * LANES + lane);
                total = a.add(b).mul(scale(scales, d + block)).fma(scale, total);
            }
            total.intoArray(scratch, sums + lane);
        }
    }
}
