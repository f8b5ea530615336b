package chuan.kernel;

import static jdk.incubator.vector.VectorOperators.B2I;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.S2I;

import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// The kernels on the JDK's Vector API, for registers of 128 to 512 bits; the same bits as
/// [ScalarKernels].
///
/// Where a register is narrower than the 16 partial sums, a loop runs once per group of lanes (the
/// second run finds its data in the cache). Weights of one token are widened on the way through the
/// registers; for many tokens four rows are widened once and then meet tiles of tokens.
///
/// The compiler keeps vectors in registers only inside methods of moderate size (about 40 vector
/// operations) and boxes them, many times slower, wherever it does not inline a call. Hence no
/// helper takes or returns a vector inside a hot loop, and partial sums leave a loop through
/// memory.
public final class VectorKernels implements Kernels {
    private static final VectorSpecies<Float> F =
            VectorSpecies.of(
                    float.class,
                    VectorShape.forBitSize(
                            Math.min(512, FloatVector.SPECIES_PREFERRED.vectorBitSize())));
    private static final int LENGTH = F.length();
    private static final VectorSpecies<Integer> I = F.withLanes(int.class);
    private static final VectorSpecies<Short> S =
            VectorSpecies.of(short.class, VectorShape.forBitSize(LENGTH * Short.SIZE));

    /// Bytes for one register of floats; of a 128-bit register only half is used.
    private static final VectorSpecies<Byte> B =
            VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, LENGTH * Byte.SIZE)));

    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;

    private static final int ROWS = 4;

    /// Tokens of a tile: rows x tokens accumulators, as many as the registers hold.
    private static final int TILE = LENGTH == LANES ? 4 : 2;

    /// Fewer tokens than this meet the weights one by one.
    private static final int FEW = 4;

    /// Floats of activations that stay in a core's second-level cache while rows pass by.
    private static final int CACHED_FLOATS = 128 * 1024;

    private final ScalarKernels scalar = new ScalarKernels();

    @Override
    public String name() {
        return "vector";
    }

    /// Bits of a register.
    static int bits() {
        return F.vectorBitSize();
    }

    @Override
    public int scratchFloats(int columns) {
        return Math.addExact(ROWS * TILE * LANES, Math.multiplyExact(ROWS, columns));
    }

    // --- matrix times rows ---

    @Override
    public void matmul(
            Matrix w, int from, int to, float[] x, int tokens, float[] y, float[] scratch) {
        if (tokens < FEW) {
            for (int t = 0; t < tokens; t++)
                for (int r = from; r < to; r += ROWS) fewRows(w, r, to, x, t, y, scratch);
            return;
        }
        int block = Math.max(2 * TILE, CACHED_FLOATS / w.columns() / TILE * TILE);
        for (int t = 0; t < tokens; t += block) {
            int end = Math.min(tokens, t + block);
            for (int r = from; r < to; r += ROWS) manyTokens(w, r, to, x, t, end, y, scratch);
        }
    }

    /// Rows `r .. r+3` (as far as `to`) times one token.
    private static void fewRows(
            Matrix w, int r, int to, float[] x, int t, float[] y, float[] sums) {
        long w0 = w.address(r);
        long w1 = w.address(Math.min(r + 1, to - 1));
        long w2 = w.address(Math.min(r + 2, to - 1));
        long w3 = w.address(Math.min(r + 3, to - 1));
        int columns = w.columns();
        int at = t * columns;
        switch (w.format()) {
            case F32 -> dotsF32(w0, w1, w2, w3, columns, x, at, sums);
            case BF16 -> dotsBf16(w0, w1, w2, w3, columns, x, at, sums);
            case F16 -> dotsF16(w0, w1, w2, w3, columns, x, at, sums);
            case INT8 -> dotsInt8(w0, w1, w2, w3, columns, x, at, sums);
        }
        for (int k = wholeLanes(columns); k < columns; k++) {
            long offset = (long) k * w.format().bytes();
            int lane = k % LANES;
            addTail(sums, lane, x[at + k], Memory.element(w.format(), w0 + offset));
            addTail(sums, lane + LANES, x[at + k], Memory.element(w.format(), w1 + offset));
            addTail(sums, lane + 2 * LANES, x[at + k], Memory.element(w.format(), w2 + offset));
            addTail(sums, lane + 3 * LANES, x[at + k], Memory.element(w.format(), w3 + offset));
        }
        foldAll(sums, ROWS);
        finish(w, r, Math.min(to, r + ROWS), sums, 0, y, t);
    }

    private static void addTail(float[] sums, int at, float x, float w) {
        sums[at] = Math.fma(x, w, sums[at]);
    }

    /// Rows `r .. r+3` (as far as `to`) times tokens `[from, end)`.
    private void manyTokens(
            Matrix w, int r, int to, float[] x, int from, int end, float[] y, float[] scratch) {
        int columns = w.columns();
        int rows = Math.min(to, r + ROWS) - r;
        int wide = ROWS * TILE * LANES;
        for (int i = 0; i < rows; i++) widen(w, r + i, scratch, wide + i * columns);
        int w1 = wide + Math.min(1, rows - 1) * columns;
        int w2 = wide + Math.min(2, rows - 1) * columns;
        int w3 = wide + Math.min(3, rows - 1) * columns;
        for (int t = from; t < end; t += TILE) {
            int tile = Math.min(TILE, end - t);
            if (tile < TILE) {
                for (int j = 0; j < tile; j++)
                    tile1(scratch, wide, w1, w2, w3, columns, x, (t + j) * columns, j);
            } else if (TILE == 4) {
                tile4(scratch, wide, w1, w2, w3, columns, x, t * columns);
            } else {
                tile2(scratch, wide, w1, w2, w3, columns, x, t * columns);
            }
            for (int k = wholeLanes(columns); k < columns; k++)
                for (int j = 0; j < tile; j++) {
                    float v = x[(t + j) * columns + k];
                    int lane = j * ROWS * LANES + k % LANES;
                    addTail(scratch, lane, v, scratch[wide + k]);
                    addTail(scratch, lane + LANES, v, scratch[w1 + k]);
                    addTail(scratch, lane + 2 * LANES, v, scratch[w2 + k]);
                    addTail(scratch, lane + 3 * LANES, v, scratch[w3 + k]);
                }
            foldAll(scratch, tile * ROWS);
            for (int j = 0; j < tile; j++) finish(w, r, r + rows, scratch, j * ROWS, y, t + j);
        }
    }

    /// Writes the totals of rows `[r, end)` of one token, which begin at group `group` of the sums.
    private static void finish(
            Matrix w, int r, int end, float[] sums, int group, float[] y, int t) {
        int at = t * w.rows();
        float[] scales = w.scales();
        for (int i = r; i < end; i++) {
            float sum = sums[(group + i - r) * LANES];
            y[at + i] = scales.length == 0 ? sum : sum * scales[i];
        }
    }

    /// Folds `groups` groups of partial sums; the totals end at the first place of each group.
    private static void foldAll(float[] sums, int groups) {
        var half = FloatVector.SPECIES_256;
        var quarter = FloatVector.SPECIES_128;
        for (int at = 0; at < groups * LANES; at += LANES)
            FloatVector.fromArray(half, sums, at)
                    .add(FloatVector.fromArray(half, sums, at + 8))
                    .intoArray(sums, at);
        for (int at = 0; at < groups * LANES; at += LANES)
            FloatVector.fromArray(quarter, sums, at)
                    .add(FloatVector.fromArray(quarter, sums, at + 4))
                    .intoArray(sums, at);
        for (int at = 0; at < groups * LANES; at += LANES)
            sums[at] = (sums[at] + sums[at + 2]) + (sums[at + 1] + sums[at + 3]);
    }

    private static int wholeLanes(int n) {
        return n & -LANES;
    }

    private static void dotsF32(
            long w0, long w1, long w2, long w3, int n, float[] x, int at, float[] sums) {
        int whole = wholeLanes(n);
        var all = Memory.ALL;
        for (int lane = 0; lane < LANES; lane += LENGTH) {
            var a0 = FloatVector.zero(F);
            var a1 = FloatVector.zero(F);
            var a2 = FloatVector.zero(F);
            var a3 = FloatVector.zero(F);
            for (int k = lane; k < whole; k += LANES) {
                var v = FloatVector.fromArray(F, x, at + k);
                long offset = 4L * k;
                a0 = FloatVector.fromMemorySegment(F, all, w0 + offset, LE).fma(v, a0);
                a1 = FloatVector.fromMemorySegment(F, all, w1 + offset, LE).fma(v, a1);
                a2 = FloatVector.fromMemorySegment(F, all, w2 + offset, LE).fma(v, a2);
                a3 = FloatVector.fromMemorySegment(F, all, w3 + offset, LE).fma(v, a3);
            }
            a0.intoArray(sums, lane);
            a1.intoArray(sums, lane + LANES);
            a2.intoArray(sums, lane + 2 * LANES);
            a3.intoArray(sums, lane + 3 * LANES);
        }
    }

    private static void dotsBf16(
            long w0, long w1, long w2, long w3, int n, float[] x, int at, float[] sums) {
        int whole = wholeLanes(n);
        for (int lane = 0; lane < LANES; lane += LENGTH) {
            var a0 = FloatVector.zero(F);
            var a1 = FloatVector.zero(F);
            var a2 = FloatVector.zero(F);
            var a3 = FloatVector.zero(F);
            for (int k = lane; k < whole; k += LANES) {
                var v = FloatVector.fromArray(F, x, at + k);
                long offset = 2L * k;
                a0 = bf16(w0 + offset).fma(v, a0);
                a1 = bf16(w1 + offset).fma(v, a1);
                a2 = bf16(w2 + offset).fma(v, a2);
                a3 = bf16(w3 + offset).fma(v, a3);
            }
            a0.intoArray(sums, lane);
            a1.intoArray(sums, lane + LANES);
            a2.intoArray(sums, lane + 2 * LANES);
            a3.intoArray(sums, lane + 3 * LANES);
        }
    }

    private static void dotsF16(
            long w0, long w1, long w2, long w3, int n, float[] x, int at, float[] sums) {
        int whole = wholeLanes(n);
        for (int lane = 0; lane < LANES; lane += LENGTH) {
            var a0 = FloatVector.zero(F);
            var a1 = FloatVector.zero(F);
            var a2 = FloatVector.zero(F);
            var a3 = FloatVector.zero(F);
            for (int k = lane; k < whole; k += LANES) {
                var v = FloatVector.fromArray(F, x, at + k);
                long offset = 2L * k;
                a0 = f16(w0 + offset).fma(v, a0);
                a1 = f16(w1 + offset).fma(v, a1);
                a2 = f16(w2 + offset).fma(v, a2);
                a3 = f16(w3 + offset).fma(v, a3);
            }
            a0.intoArray(sums, lane);
            a1.intoArray(sums, lane + LANES);
            a2.intoArray(sums, lane + 2 * LANES);
            a3.intoArray(sums, lane + 3 * LANES);
        }
    }

    private static void dotsInt8(
            long w0, long w1, long w2, long w3, int n, float[] x, int at, float[] sums) {
        int whole = wholeLanes(n);
        for (int lane = 0; lane < LANES; lane += LENGTH) {
            var a0 = FloatVector.zero(F);
            var a1 = FloatVector.zero(F);
            var a2 = FloatVector.zero(F);
            var a3 = FloatVector.zero(F);
            for (int k = lane; k < whole; k += LANES) {
                var v = FloatVector.fromArray(F, x, at + k);
                a0 = int8(w0 + k).fma(v, a0);
                a1 = int8(w1 + k).fma(v, a1);
                a2 = int8(w2 + k).fma(v, a2);
                a3 = int8(w3 + k).fma(v, a3);
            }
            a0.intoArray(sums, lane);
            a1.intoArray(sums, lane + LANES);
            a2.intoArray(sums, lane + 2 * LANES);
            a3.intoArray(sums, lane + 3 * LANES);
        }
    }

    private static FloatVector bf16(long address) {
        var bits = ShortVector.fromMemorySegment(S, Memory.ALL, address, LE);
        return ((IntVector) bits.convertShape(S2I, I, 0)).lanewise(LSHL, 16).reinterpretAsFloats();
    }

    /// Sign and the rest of the bits move to their places in fp32, where the exponent is then 112
    /// too small: exact, subnormal numbers included; infinities become 65,536.
    private static FloatVector f16(long address) {
        var bits = ShortVector.fromMemorySegment(S, Memory.ALL, address, LE);
        return ((IntVector) bits.convertShape(S2I, I, 0))
                .lanewise(LSHL, 13)
                .and(0x8fff_e000)
                .reinterpretAsFloats()
                .mul(0x1p112f);
    }

    private static FloatVector int8(long address) {
        var bytes = ByteVector.fromMemorySegment(B, Memory.ALL, address, LE);
        return (FloatVector) bytes.convertShape(B2I, I, 0).convertShape(I2F, F, 0);
    }

    /// Four widened rows, which begin at `w0 .. w3` of `scratch`, times four tokens from `at` on.
    /// Sums of token `j` and row `i` go to group `4 j + i` of `scratch`.
    private static void tile4(
            float[] scratch, int w0, int w1, int w2, int w3, int n, float[] x, int at) {
        int whole = wholeLanes(n);
        int x1 = at + n;
        int x2 = x1 + n;
        int x3 = x2 + n;
        var a00 = FloatVector.zero(F);
        var a01 = a00;
        var a02 = a00;
        var a03 = a00;
        var a10 = a00;
        var a11 = a00;
        var a12 = a00;
        var a13 = a00;
        var a20 = a00;
        var a21 = a00;
        var a22 = a00;
        var a23 = a00;
        var a30 = a00;
        var a31 = a00;
        var a32 = a00;
        var a33 = a00;
        for (int k = 0; k < whole; k += LANES) {
            var v0 = FloatVector.fromArray(F, x, at + k);
            var v1 = FloatVector.fromArray(F, x, x1 + k);
            var v2 = FloatVector.fromArray(F, x, x2 + k);
            var v3 = FloatVector.fromArray(F, x, x3 + k);
            var w = FloatVector.fromArray(F, scratch, w0 + k);
            a00 = w.fma(v0, a00);
            a10 = w.fma(v1, a10);
            a20 = w.fma(v2, a20);
            a30 = w.fma(v3, a30);
            w = FloatVector.fromArray(F, scratch, w1 + k);
            a01 = w.fma(v0, a01);
            a11 = w.fma(v1, a11);
            a21 = w.fma(v2, a21);
            a31 = w.fma(v3, a31);
            w = FloatVector.fromArray(F, scratch, w2 + k);
            a02 = w.fma(v0, a02);
            a12 = w.fma(v1, a12);
            a22 = w.fma(v2, a22);
            a32 = w.fma(v3, a32);
            w = FloatVector.fromArray(F, scratch, w3 + k);
            a03 = w.fma(v0, a03);
            a13 = w.fma(v1, a13);
            a23 = w.fma(v2, a23);
            a33 = w.fma(v3, a33);
        }
        a00.intoArray(scratch, 0);
        a01.intoArray(scratch, LANES);
        a02.intoArray(scratch, 2 * LANES);
        a03.intoArray(scratch, 3 * LANES);
        a10.intoArray(scratch, 4 * LANES);
        a11.intoArray(scratch, 5 * LANES);
        a12.intoArray(scratch, 6 * LANES);
        a13.intoArray(scratch, 7 * LANES);
        a20.intoArray(scratch, 8 * LANES);
        a21.intoArray(scratch, 9 * LANES);
        a22.intoArray(scratch, 10 * LANES);
        a23.intoArray(scratch, 11 * LANES);
        a30.intoArray(scratch, 12 * LANES);
        a31.intoArray(scratch, 13 * LANES);
        a32.intoArray(scratch, 14 * LANES);
        a33.intoArray(scratch, 15 * LANES);
    }

    /// The same for two tokens: what sixteen narrow registers hold.
    private static void tile2(
            float[] scratch, int w0, int w1, int w2, int w3, int n, float[] x, int at) {
        int whole = wholeLanes(n);
        int x1 = at + n;
        for (int lane = 0; lane < LANES; lane += LENGTH) {
            var a00 = FloatVector.zero(F);
            var a01 = a00;
            var a02 = a00;
            var a03 = a00;
            var a10 = a00;
            var a11 = a00;
            var a12 = a00;
            var a13 = a00;
            for (int k = lane; k < whole; k += LANES) {
                var v0 = FloatVector.fromArray(F, x, at + k);
                var v1 = FloatVector.fromArray(F, x, x1 + k);
                var w = FloatVector.fromArray(F, scratch, w0 + k);
                a00 = w.fma(v0, a00);
                a10 = w.fma(v1, a10);
                w = FloatVector.fromArray(F, scratch, w1 + k);
                a01 = w.fma(v0, a01);
                a11 = w.fma(v1, a11);
                w = FloatVector.fromArray(F, scratch, w2 + k);
                a02 = w.fma(v0, a02);
                a12 = w.fma(v1, a12);
                w = FloatVector.fromArray(F, scratch, w3 + k);
                a03 = w.fma(v0, a03);
                a13 = w.fma(v1, a13);
            }
            a00.intoArray(scratch, lane);
            a01.intoArray(scratch, lane + LANES);
            a02.intoArray(scratch, lane + 2 * LANES);
            a03.intoArray(scratch, lane + 3 * LANES);
            a10.intoArray(scratch, lane + 4 * LANES);
            a11.intoArray(scratch, lane + 5 * LANES);
            a12.intoArray(scratch, lane + 6 * LANES);
            a13.intoArray(scratch, lane + 7 * LANES);
        }
    }

    /// The same for one token, the `j`th of its tile.
    private static void tile1(
            float[] scratch, int w0, int w1, int w2, int w3, int n, float[] x, int at, int j) {
        int whole = wholeLanes(n);
        int group = j * ROWS * LANES;
        for (int lane = 0; lane < LANES; lane += LENGTH) {
            var a0 = FloatVector.zero(F);
            var a1 = a0;
            var a2 = a0;
            var a3 = a0;
            for (int k = lane; k < whole; k += LANES) {
                var v = FloatVector.fromArray(F, x, at + k);
                a0 = FloatVector.fromArray(F, scratch, w0 + k).fma(v, a0);
                a1 = FloatVector.fromArray(F, scratch, w1 + k).fma(v, a1);
                a2 = FloatVector.fromArray(F, scratch, w2 + k).fma(v, a2);
                a3 = FloatVector.fromArray(F, scratch, w3 + k).fma(v, a3);
            }
            a0.intoArray(scratch, group + lane);
            a1.intoArray(scratch, group + lane + LANES);
            a2.intoArray(scratch, group + lane + 2 * LANES);
            a3.intoArray(scratch, group + lane + 3 * LANES);
        }
    }

    @Override
    public void widen(Matrix w, int row, float[] out, int at) {
        int n = w.columns();
        int whole = n & -LENGTH;
        long from = w.address(row);
        switch (w.format()) {
            case F32 -> {
                for (int k = 0; k < whole; k += LENGTH)
                    FloatVector.fromMemorySegment(F, Memory.ALL, from + 4L * k, LE)
                            .intoArray(out, at + k);
            }
            case BF16 -> {
                for (int k = 0; k < whole; k += LENGTH) bf16(from + 2L * k).intoArray(out, at + k);
            }
            case F16 -> {
                for (int k = 0; k < whole; k += LENGTH) f16(from + 2L * k).intoArray(out, at + k);
            }
            case INT8 -> {
                for (int k = 0; k < whole; k += LENGTH) int8(from + k).intoArray(out, at + k);
            }
        }
        for (int k = whole; k < n; k++)
            out[at + k] = Memory.element(w.format(), from + (long) k * w.format().bytes());
    }

    // --- rows ---

    @Override
    public void rmsNorm(
            float[] x, int at, int n, float[] gain, float eps, float[] out, float[] scratch) {
        int whole = wholeLanes(n);
        for (int lane = 0; lane < LANES; lane += LENGTH) {
            var sum = FloatVector.zero(F);
            for (int k = lane; k < whole; k += LANES) {
                var v = FloatVector.fromArray(F, x, at + k);
                sum = v.fma(v, sum);
            }
            sum.intoArray(scratch, lane);
        }
        for (int k = whole; k < n; k++) addTail(scratch, k % LANES, x[at + k], x[at + k]);
        float scale = ScalarKernels.rmsScale(Kernels.fold(scratch, 0), n, eps);
        for (int k = 0; k < whole; k += LENGTH)
            FloatVector.fromArray(F, x, at + k)
                    .mul(scale)
                    .mul(FloatVector.fromArray(F, gain, k))
                    .intoArray(out, at + k);
        for (int k = whole; k < n; k++) out[at + k] = x[at + k] * scale * gain[k];
    }

    @Override
    public void add(float[] x, float[] y, int from, int to) {
        int i = from;
        for (; i <= to - LENGTH; i += LENGTH)
            FloatVector.fromArray(F, x, i).add(FloatVector.fromArray(F, y, i)).intoArray(x, i);
        scalar.add(x, y, i, to);
    }

    @Override
    public void siluTimes(float[] gate, float[] up, int from, int to) {
        int i = from;
        for (; i <= to - LENGTH; i += LENGTH) {
            var g = FloatVector.fromArray(F, gate, i);
            g.div(exp(g.neg()).add(1)).mul(FloatVector.fromArray(F, up, i)).intoArray(gate, i);
        }
        scalar.siluTimes(gate, up, i, to);
    }

    /// [Exponential#exp] of each lane.
    private static FloatVector exp(FloatVector value) {
        var x = value.blend(Exponential.LOW, value.compare(LT, Exponential.LOW));
        x = x.blend(Exponential.HIGH, value.compare(GT, Exponential.HIGH));
        var rounded =
                x.fma(
                        FloatVector.broadcast(F, Exponential.LOG2_E),
                        FloatVector.broadcast(F, Exponential.ROUND));
        var n = rounded.sub(Exponential.ROUND);
        var r = n.fma(FloatVector.broadcast(F, -Exponential.LN2_HIGH), x);
        r = n.fma(FloatVector.broadcast(F, -Exponential.LN2_LOW), r);
        var p =
                r.fma(
                        FloatVector.broadcast(F, Exponential.C7),
                        FloatVector.broadcast(F, Exponential.C6));
        p = p.fma(r, FloatVector.broadcast(F, Exponential.C5));
        p = p.fma(r, FloatVector.broadcast(F, Exponential.C4));
        p = p.fma(r, FloatVector.broadcast(F, Exponential.C3));
        p = p.fma(r, FloatVector.broadcast(F, Exponential.C2));
        p = p.fma(r.mul(r), r).add(1);
        var power =
                rounded.reinterpretAsInts()
                        .lanewise(LSHL, Exponential.EXPONENT_SHIFT)
                        .add(Exponential.ONE)
                        .reinterpretAsFloats();
        return p.mul(power);
    }

    // --- attention ---

    @Override
    public void scores(
            float[] q,
            int qAt,
            float[] keys,
            int keysAt,
            int dim,
            int n,
            float scale,
            float slope,
            float[] out) {
        int vectors = (n + LENGTH - 1) / LENGTH;
        int v = 0;
        for (; v <= vectors - 4; v += 4) {
            var a0 = FloatVector.zero(F);
            var a1 = a0;
            var a2 = a0;
            var a3 = a0;
            int k0 = keysAt + keyOffset(v, dim);
            int k1 = keysAt + keyOffset(v + 1, dim);
            int k2 = keysAt + keyOffset(v + 2, dim);
            int k3 = keysAt + keyOffset(v + 3, dim);
            for (int i = 0; i < dim; i++) {
                var element = FloatVector.broadcast(F, q[qAt + i]);
                int offset = i * LANES;
                a0 = element.fma(FloatVector.fromArray(F, keys, k0 + offset), a0);
                a1 = element.fma(FloatVector.fromArray(F, keys, k1 + offset), a1);
                a2 = element.fma(FloatVector.fromArray(F, keys, k2 + offset), a2);
                a3 = element.fma(FloatVector.fromArray(F, keys, k3 + offset), a3);
            }
            a0.intoArray(out, v * LENGTH);
            a1.intoArray(out, (v + 1) * LENGTH);
            a2.intoArray(out, (v + 2) * LENGTH);
            a3.intoArray(out, (v + 3) * LENGTH);
        }
        for (; v < vectors; v++) {
            var sum = FloatVector.zero(F);
            int key = keysAt + keyOffset(v, dim);
            for (int i = 0; i < dim; i++)
                sum =
                        FloatVector.broadcast(F, q[qAt + i])
                                .fma(FloatVector.fromArray(F, keys, key + i * LANES), sum);
            sum.intoArray(out, v * LENGTH);
        }
        for (int t = 0; t < n; t++) out[t] = Math.fma(out[t], scale, slope * (t - (n - 1)));
    }

    /// Where the keys of the `v`th register of positions begin.
    private static int keyOffset(int v, int dim) {
        int position = v * LENGTH;
        return position / LANES * LANES * dim + position % LANES;
    }

    @Override
    public float exponentials(float[] x, int n, float[] scratch) {
        int whole = wholeLanes(n);
        float max = Float.NEGATIVE_INFINITY;
        if (whole > 0) {
            var most = FloatVector.broadcast(F, max);
            for (int i = 0; i < whole; i += LENGTH) {
                var v = FloatVector.fromArray(F, x, i);
                most = most.blend(v, v.compare(GT, most));
            }
            most.intoArray(scratch, 0);
            for (int i = 0; i < LENGTH; i++) max = Math.max(max, scratch[i]);
        }
        for (int i = whole; i < n; i++) max = Math.max(max, x[i]);
        for (int lane = 0; lane < LANES; lane += LENGTH) {
            var sum = FloatVector.zero(F);
            for (int i = lane; i < whole; i += LANES) {
                var e = exp(FloatVector.fromArray(F, x, i).sub(max));
                e.intoArray(x, i);
                sum = sum.add(e);
            }
            sum.intoArray(scratch, lane);
        }
        for (int i = whole; i < n; i++) {
            x[i] = Exponential.exp(x[i] - max);
            scratch[i % LANES] += x[i];
        }
        return Kernels.fold(scratch, 0);
    }

    @Override
    public void weightedSum(
            float[] weights,
            int n,
            float[] values,
            int valuesAt,
            int dim,
            float factor,
            float[] out,
            int outAt) {
        int i = 0;
        for (; i <= dim - 4 * LENGTH; i += 4 * LENGTH) {
            var a0 = FloatVector.zero(F);
            var a1 = a0;
            var a2 = a0;
            var a3 = a0;
            int at = valuesAt + i;
            for (int t = 0; t < n; t++) {
                var weight = FloatVector.broadcast(F, weights[t]);
                int value = at + t * dim;
                a0 = weight.fma(FloatVector.fromArray(F, values, value), a0);
                a1 = weight.fma(FloatVector.fromArray(F, values, value + LENGTH), a1);
                a2 = weight.fma(FloatVector.fromArray(F, values, value + 2 * LENGTH), a2);
                a3 = weight.fma(FloatVector.fromArray(F, values, value + 3 * LENGTH), a3);
            }
            a0.mul(factor).intoArray(out, outAt + i);
            a1.mul(factor).intoArray(out, outAt + i + LENGTH);
            a2.mul(factor).intoArray(out, outAt + i + 2 * LENGTH);
            a3.mul(factor).intoArray(out, outAt + i + 3 * LENGTH);
        }
        for (; i <= dim - LENGTH; i += LENGTH) {
            var sum = FloatVector.zero(F);
            for (int t = 0; t < n; t++)
                sum =
                        FloatVector.broadcast(F, weights[t])
                                .fma(FloatVector.fromArray(F, values, valuesAt + t * dim + i), sum);
            sum.mul(factor).intoArray(out, outAt + i);
        }
        for (; i < dim; i++) {
            float sum = 0;
            for (int t = 0; t < n; t++)
                sum = Math.fma(weights[t], values[valuesAt + t * dim + i], sum);
            out[outAt + i] = sum * factor;
        }
    }
}
