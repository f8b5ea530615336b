package chuan.kernel;

import static chuan.kernel.Kernels.LANES;
import static chuan.kernel.Kernels.PAGE;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

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
    private final Kernels others;
    private final CodeFamily family;

    /// With narrower registers, if these cannot be used; null if there are none.
    private final @Nullable EmittedAttention narrower;

    private final CheckedFunction scales;

    /// By format.
    private final CheckedFunction[] widen = new CheckedFunction[FORMATS.size()];

    /// By [#index].
    private final CheckedFunction[] tiles = new CheckedFunction[index(FORMATS.size(), 1, 1, false)];

    /// @param bits of a register: 256 or 512
    /// @param others who compute if machine code cannot
    EmittedAttention(int bits, Kernels others) {
        this.bits = bits;
        this.others = others;
        narrower = bits > 256 ? new EmittedAttention(256, others) : null;
        family =
                new CodeFamily(
                        "attention, " + bits + " bits",
                        narrower == null ? others.name() + " kernels" : "256 bits");
        var scaling = new ScalesKernel(bits);
        scales =
                new CheckedFunction(
                        scaling, family, entry -> FunctionChecks.isRight(scaling, entry));
        for (int f = 0; f < widen.length; f++) {
            var loads = FORMATS.get(f);
            var widening = new WidenKernel(loads, bits);
            widen[f] =
                    new CheckedFunction(
                            widening, family, entry -> FunctionChecks.isRight(widening, entry));
            for (int rows = 1; rows <= ROWS; rows++)
                for (int groups = 1; groups <= TileKernel.groups(bits, rows); groups++)
                    for (boolean adds : new boolean[] {false, true})
                        tiles[index(f, rows, groups, adds)] =
                                checked(new TileKernel(loads, bits, rows, groups, adds));
        }
    }

    private CheckedFunction checked(TileKernel kernel) {
        return new CheckedFunction(kernel, family, entry -> FunctionChecks.isRight(kernel, entry));
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
        if (!works(format, queries, groups, false)) {
            if (narrower == null)
                others.scoresTile(q, queries, format, keys, keyScales, dim, n, out, scratch);
            else narrower.scores(q, queries, format, keys, keyScales, dim, n, out, scratch);
            return;
        }
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
        if (!works(format, queries, dim / LANES, true)) {
            if (narrower == null)
                others.addWeightedTile(
                        weights, queries, n, format, values, valueScales, dim, out, scratch);
            else
                narrower.addWeighted(
                        weights, queries, n, format, values, valueScales, dim, out, scratch);
            return;
        }
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

    /// Whether all the functions that a product needs may be called.
    private boolean works(KvFormat format, int queries, int groups, boolean adds) {
        boolean many = queries >= MANY && format != KvFormat.F32;
        if (many && !widen[format.ordinal()].works()) return false;
        if (format == KvFormat.INT8 && !scales.works()) return false;
        var from = many ? KvFormat.F32 : format;
        return (queries < ROWS || tilesWork(from, ROWS, groups, adds))
                && (queries % ROWS == 0 || tilesWork(from, queries % ROWS, groups, adds));
    }

    private boolean tilesWork(KvFormat format, int rows, int groups, boolean adds) {
        int most = TileKernel.groups(bits, rows);
        int rest = groups % most;
        return (groups < most || tiles[index(format.ordinal(), rows, most, adds)].works())
                && (rest == 0 || tiles[index(format.ordinal(), rows, rest, adds)].works());
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
            tile(
                    tiles[index(format.ordinal(), rows, n, adds)].entry(),
                    a,
                    b + group * groupStride,
                    depth,
                    c + (long) group * LANES * Float.BYTES,
                    count,
                    aStride,
                    bStride,
                    groupStride,
                    cStride);
        }
    }

    /// Calls a [TileKernel].
    static void tile(
            MemorySegment code,
            long a,
            long b,
            long depth,
            long c,
            long count,
            long aStride,
            long bStride,
            long groupStride,
            long cStride) {
        try {
            TILE.invokeExact(code, a, b, depth, c, count, aStride, bStride, groupStride, cStride);
        } catch (Throwable e) {
            throw EmittedCalls.impossible(e);
        }
    }

    private void widen(KvFormat format, long from, long to, int groups) {
        widen(widen[format.ordinal()].entry(), from, to, groups);
    }

    /// Calls a [WidenKernel].
    static void widen(MemorySegment code, long from, long to, long groups) {
        try {
            WIDEN.invokeExact(code, from, to, groups);
        } catch (Throwable e) {
            throw EmittedCalls.impossible(e);
        }
    }

    /// Of `[queries, PAGE]`, the first groups of sixteen positions times the scales of these.
    private void timesScales(long x, long positionScales, int queries, int groups) {
        scales(scales.entry(), x, positionScales, queries, PAGE * 4L, groups);
    }

    /// Calls a [ScalesKernel].
    static void scales(
            MemorySegment code, long x, long factors, long rows, long stride, long groups) {
        try {
            SCALES.invokeExact(code, x, factors, rows, stride, groups);
        } catch (Throwable e) {
            throw EmittedCalls.impossible(e);
        }
    }

    /// Everything that may be called.
    List<CheckedFunction> functions() {
        var functions = new ArrayList<>(List.of(widen));
        functions.add(scales);
        for (var tile : tiles) if (tile != null) functions.add(tile);
        return functions;
    }
}
