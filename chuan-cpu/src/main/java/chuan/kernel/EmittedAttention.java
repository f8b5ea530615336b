package chuan.kernel;

import static chuan.kernel.Kernels.LANES;
import static chuan.kernel.Kernels.PAGE;

import chuan.asm.LazyFunction;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// Tiles of queries against a page of keys or values, by [TileKernel]. For few queries the keys are
/// widened on their way through the registers; for many, the page is widened first, into the cache.
final class EmittedAttention {
    /// Rows of the largest tile.
    private static final int ROWS = 6;

    /// From this many queries on, a page is widened first.
    private static final int MANY = 2 * ROWS;

    private static final List<EmittedLoads> FORMATS =
            List.of(EmittedLoads.F32, EmittedLoads.F16, EmittedLoads.INT8);

    /// `(code, a, b, depth, c, tiles, aStride, bStride, groupStride, cStride)`
    private static final MethodHandle TILE = handle(9);

    /// `(code, from, to, groups)`
    private static final MethodHandle WIDEN = handle(3);

    /// `(code, x, scales, rows, stride, groups)`
    private static final MethodHandle SCALES = handle(5);

    private final int bits;
    private final LazyFunction scales;

    /// By format.
    private final LazyFunction[] widen = new LazyFunction[FORMATS.size()];

    /// By [#index].
    private final LazyFunction[] tiles = new LazyFunction[index(FORMATS.size(), 1, 1, false)];

    /// @param bits of a register: 256 or 512
    EmittedAttention(int bits) {
        this.bits = bits;
        scales = new LazyFunction(new ScalesKernel(bits));
        for (int f = 0; f < widen.length; f++) {
            var loads = FORMATS.get(f);
            widen[f] = new LazyFunction(new WidenKernel(loads, bits));
            for (int rows = 1; rows <= ROWS; rows++)
                for (int groups = 1; groups <= TileKernel.groups(bits, rows); groups++)
                    for (boolean adds : new boolean[] {false, true})
                        tiles[index(f, rows, groups, adds)] =
                                new LazyFunction(new TileKernel(loads, bits, rows, groups, adds));
        }
    }

    private static MethodHandle handle(int arguments) {
        var layouts =
                Collections.nCopies(arguments, ValueLayout.JAVA_LONG).toArray(MemoryLayout[]::new);
        return Linker.nativeLinker().downcallHandle(FunctionDescriptor.ofVoid(layouts));
    }

    private static int index(int format, int rows, int groups, boolean adds) {
        return ((format * ROWS + rows - 1) * 4 + groups - 1) * 2 + (adds ? 1 : 0);
    }

    /// Whether heads are made of whole groups; else others compute.
    static boolean fits(int dim) {
        return dim % LANES == 0;
    }

    /// Dot products of `queries` queries, `[queries, dim]`, with `n` keys, `[groups][dim][16]`:
    /// `out[i * PAGE + t]`.
    ///
    /// @param scratch address of `PAGE * dim` fp32
    void scores(
            long q,
            int queries,
            KvFormat format,
            long keys,
            long keyScales,
            int dim,
            int n,
            long out,
            long scratch) {
        int groups = Math.ceilDiv(n, LANES);
        long run = keys;
        var from = format;
        if (queries >= MANY && format != KvFormat.F32) {
            widen(format, keys, scratch, groups * dim);
            run = scratch;
            from = KvFormat.F32;
        }
        long row = LANES * (long) from.bytes();
        long width = Float.BYTES * (long) dim;
        product(false, from, q, width, run, row, row * dim, dim, out, PAGE * 4L, queries, groups);
        if (format == KvFormat.INT8) timesScales(out, keyScales, queries, groups);
    }

    /// Adds `n` values, `[position][dim]`, weighted by each query, to `out`, `[queries, dim]`.
    ///
    /// @param weights `[queries, PAGE]`; for int8 they get the scales
    /// @param scratch address of `PAGE * dim` fp32
    void addWeighted(
            long weights,
            int queries,
            int n,
            KvFormat format,
            long values,
            long valueScales,
            int dim,
            long out,
            long scratch) {
        if (format == KvFormat.INT8)
            timesScales(weights, valueScales, queries, Math.ceilDiv(n, LANES));
        int groups = dim / LANES;
        long run = values;
        var from = format;
        if (queries >= MANY && format != KvFormat.F32) {
            widen(format, values, scratch, groups * n);
            run = scratch;
            from = KvFormat.F32;
        }
        long group = LANES * (long) from.bytes();
        long width = Float.BYTES * (long) dim;
        product(
                true,
                from,
                weights,
                PAGE * 4L,
                run,
                group * groups,
                group,
                n,
                out,
                width,
                queries,
                groups);
    }

    /// `c = a b` or `c += a b`, cut into tiles.
    private void product(
            boolean adds,
            KvFormat format,
            long a,
            long aStride,
            long b,
            long bStride,
            long groupStride,
            int depth,
            long c,
            long cStride,
            int rows,
            int groups) {
        int full = rows / ROWS;
        int rest = rows % ROWS;
        if (full > 0)
            tiles(
                    adds,
                    format,
                    ROWS,
                    full,
                    a,
                    aStride,
                    b,
                    bStride,
                    groupStride,
                    depth,
                    c,
                    cStride,
                    groups);
        if (rest > 0) {
            long done = (long) full * ROWS;
            tiles(
                    adds,
                    format,
                    rest,
                    1,
                    a + done * aStride,
                    aStride,
                    b,
                    bStride,
                    groupStride,
                    depth,
                    c + done * cStride,
                    cStride,
                    groups);
        }
    }

    /// `count` tiles of `rows` rows, one above the other, for all groups of columns.
    private void tiles(
            boolean adds,
            KvFormat format,
            int rows,
            int count,
            long a,
            long aStride,
            long b,
            long bStride,
            long groupStride,
            int depth,
            long c,
            long cStride,
            int groups) {
        int most = TileKernel.groups(bits, rows);
        for (int group = 0; group < groups; group += most) {
            int n = Math.min(most, groups - group);
            try {
                TILE.invokeExact(
                        tiles[index(format.ordinal(), rows, n, adds)].entry(),
                        a,
                        b + group * groupStride,
                        (long) depth,
                        c + (long) group * LANES * Float.BYTES,
                        (long) count,
                        aStride,
                        bStride,
                        groupStride,
                        cStride);
            } catch (Throwable e) {
                throw EmittedRows.impossible(e);
            }
        }
    }

    private void widen(KvFormat format, long from, long to, int groups) {
        try {
            WIDEN.invokeExact(widen[format.ordinal()].entry(), from, to, (long) groups);
        } catch (Throwable e) {
            throw EmittedRows.impossible(e);
        }
    }

    /// Of `[queries, PAGE]`, the first groups of sixteen positions times the scales of these.
    private void timesScales(long x, long positionScales, int queries, int groups) {
        try {
            SCALES.invokeExact(
                    scales.entry(), x, positionScales, (long) queries, PAGE * 4L, (long) groups);
        } catch (Throwable e) {
            throw EmittedRows.impossible(e);
        }
    }

    /// Everything that may be called.
    List<LazyFunction> functions() {
        var functions = new ArrayList<>(List.of(widen));
        functions.add(scales);
        for (var tile : tiles) if (tile != null) functions.add(tile);
        return functions;
    }
}
