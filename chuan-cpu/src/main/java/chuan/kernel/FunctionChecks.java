package chuan.kernel;

import static chuan.kernel.Kernels.LANES;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;

/// What a [CheckedFunction] must give on a few numbers, computed by the definition, before it is
/// used: rows, tiles, pages and elements. Some ten microseconds each.
final class FunctionChecks {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    /// Columns of rows, and the depth of tiles.
    private static final int COLUMNS = 2 * LANES;

    private static final int DEPTH = 5;

    private FunctionChecks() {}

    /// Whole numbers that every format holds.
    private static float[] whole(int n, Random random) {
        var x = new float[n];
        for (int i = 0; i < n; i++) x[i] = random.nextInt(255) - 127;
        return x;
    }

    private static float[] floats(int n, Random random) {
        var x = new float[n];
        for (int i = 0; i < n; i++) x[i] = 4 * random.nextFloat() - 2;
        return x;
    }

    private static MemorySegment stored(float[] values, EmittedLoads format, Arena arena) {
        var memory = arena.allocate((long) values.length * format.bytes, 64);
        for (int i = 0; i < values.length; i++)
            switch (format) {
                case F32 -> memory.setAtIndex(FLOAT, i, values[i]);
                case BF16 ->
                        memory.setAtIndex(
                                ValueLayout.JAVA_SHORT,
                                i,
                                (short) (Float.floatToRawIntBits(values[i]) >>> 16));
                case F16 ->
                        memory.setAtIndex(
                                ValueLayout.JAVA_SHORT, i, Float.floatToFloat16(values[i]));
                case INT8 -> memory.set(ValueLayout.JAVA_BYTE, i, (byte) values[i]);
            }
        return memory;
    }

    private static MemorySegment stored(float[] values, Arena arena) {
        return stored(values, EmittedLoads.F32, arena);
    }

    /// The same numbers bit for bit; any NaN is like any other.
    private static boolean same(float[] expected, float[] actual) {
        return Arrays.equals(expected, actual);
    }

    private static boolean same(float[] expected, MemorySegment actual) {
        return same(expected, actual.toArray(FLOAT));
    }

    /// [RowsKernel].
    static boolean isRight(RowsKernel kernel, MemorySegment entry) {
        var random = new Random(kernel.tokens());
        float[] weights = whole(kernel.rows() * COLUMNS, random);
        float[] x = floats(kernel.tokens() * COLUMNS, random);
        float[] expected = products(weights, kernel.rows(), x, kernel.tokens());
        var y = new float[expected.length];
        long yStride = (long) kernel.rows() * Float.BYTES;
        try (var arena = Arena.ofConfined()) {
            long address = stored(weights, kernel.loads(), arena).address();
            EmittedCalls.rows(entry, address, x, 0, y, 0, COLUMNS, yStride);
        }
        return same(expected, y);
    }

    /// [WideRowsKernel], two groups of rows, two tiles and a smaller one.
    static boolean isRight(WideRowsKernel kernel, MemorySegment entry) {
        int rows = 2 * WideRowsKernel.ROWS;
        int tokens = 3 * kernel.tokens() - 1;
        var random = new Random(kernel.tokens());
        float[] weights = whole(rows * COLUMNS, random);
        float[] x = floats(tokens * COLUMNS, random);
        float[] expected = products(weights, rows, x, tokens);
        var tiled = new TiledRows();
        tiled.shape(tokens, COLUMNS, kernel.tokens());
        var y = new float[expected.length];
        try (var arena = Arena.ofConfined()) {
            EmittedCalls.wideRows(
                    entry,
                    stored(weights, kernel.loads(), arena).address(),
                    stored(arranged(x, tiled), arena).address(),
                    new float[EmittedRows.scratchFloats(COLUMNS)],
                    y,
                    0,
                    COLUMNS,
                    (long) rows * Float.BYTES,
                    rows / WideRowsKernel.ROWS,
                    tiled.larger(),
                    tiled.tiles() - tiled.larger());
        }
        return same(expected, y);
    }

    /// [ArrangeKernel], one token of three.
    static boolean isRight(ArrangeKernel kernel, MemorySegment entry) {
        float[] x = floats(3 * COLUMNS, new Random(COLUMNS));
        var tiled = new TiledRows();
        tiled.shape(3, COLUMNS, 3);
        float[] expected = arranged(x, tiled);
        long sixteen = LANES * FLOAT.byteSize();
        try (var arena = Arena.ofConfined()) {
            var to = stored(new float[expected.length], arena);
            for (int t = 0; t < 3; t++)
                EmittedCalls.rows(
                        entry,
                        to.address() + t * sixteen,
                        x,
                        t * COLUMNS * FLOAT.byteSize(),
                        x,
                        0,
                        COLUMNS / LANES,
                        3 * sixteen);
            return same(expected, to);
        }
    }

    private static float[] arranged(float[] x, TiledRows tiled) {
        var to = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            int token = i / COLUMNS;
            int column = i % COLUMNS;
            int tile = tiled.tileOf(token);
            int sixteen = column / LANES * tiled.size(tile) + token - tiled.first(tile);
            to[tiled.first(tile) * COLUMNS + sixteen * LANES + column % LANES] = x[i];
        }
        return to;
    }

    /// Rows times tokens, `[tokens, rows]`.
    private static float[] products(float[] weights, int rows, float[] x, int tokens) {
        var y = new float[tokens * rows];
        for (int i = 0; i < y.length; i++) {
            int row = i % rows * COLUMNS;
            int token = i / rows * COLUMNS;
            var sums = new float[LANES];
            for (int k = 0; k < COLUMNS; k++)
                sums[k % LANES] = Math.fma(weights[row + k], x[token + k], sums[k % LANES]);
            y[i] = Kernels.fold(sums, 0);
        }
        return y;
    }

    /// [TileKernel], two tiles in a call.
    static boolean isRight(TileKernel kernel, MemorySegment entry) {
        var random = new Random(kernel.rows());
        int rows = 2 * kernel.rows();
        int width = kernel.groups() * LANES;
        float[] a = floats(rows * DEPTH, random);
        float[] b = whole(width * DEPTH, random);
        float[] before = floats(rows * width, random);
        var expected = new float[rows * width];
        for (int i = 0; i < expected.length; i++) {
            int column = i % width;
            int at = column / LANES * DEPTH * LANES + column % LANES;
            float sum = kernel.adds() ? before[i] : 0;
            for (int k = 0; k < DEPTH; k++)
                sum = Math.fma(a[i / width * DEPTH + k], b[at + k * LANES], sum);
            expected[i] = sum;
        }
        try (var arena = Arena.ofConfined()) {
            var c = stored(before, arena);
            long bStride = (long) LANES * kernel.loads().bytes;
            EmittedAttention.tile(
                    entry,
                    stored(a, arena).address(),
                    stored(b, kernel.loads(), arena).address(),
                    DEPTH,
                    c.address(),
                    2,
                    DEPTH * FLOAT.byteSize(),
                    bStride,
                    DEPTH * bStride,
                    width * FLOAT.byteSize());
            return same(expected, c);
        }
    }

    /// [GemmKernel], two tiles in a call.
    static boolean isRight(GemmKernel kernel, MemorySegment entry) {
        var random = new Random(kernel.rows());
        int rows = 2 * kernel.rows();
        int width = kernel.vectors() * kernel.bits() / Float.SIZE;
        float[] a = floats(rows * DEPTH, random);
        float[] panel = floats(Gemm.WIDTH * DEPTH, random);
        float[] before = floats(rows * width, random);
        var expected = new float[rows * width];
        for (int i = 0; i < expected.length; i++) {
            float sum = kernel.adds() ? before[i] : 0;
            for (int k = 0; k < DEPTH; k++)
                sum =
                        Math.fma(
                                packed(a, kernel.rows(), i / width, k),
                                panel[k * Gemm.WIDTH + i % width],
                                sum);
            expected[i] = sum;
        }
        try (var arena = Arena.ofConfined()) {
            var c = stored(before, arena);
            EmittedGemm.call(
                    entry,
                    stored(a, arena).address(),
                    stored(panel, arena).address(),
                    DEPTH,
                    c.address(),
                    2,
                    width * FLOAT.byteSize());
            return same(expected, c);
        }
    }

    /// Element `k` of a row, of tiles of some rows each.
    private static float packed(float[] tiles, int rows, int row, int k) {
        return tiles[(row / rows * DEPTH + k) * rows + row % rows];
    }

    /// [GemmPackKernel], what is read lies apart.
    static boolean isRight(GemmPackKernel kernel, MemorySegment entry) {
        int rows = kernel.rows();
        int apart = (kernel.along() ? DEPTH : rows) + 3;
        float[] from = floats(apart * (DEPTH + rows), new Random(rows));
        var expected = new float[DEPTH * rows];
        for (int i = 0; i < expected.length; i++) {
            int row = i % rows;
            int k = i / rows;
            expected[i] = from[kernel.along() ? row * apart + k : k * apart + row];
        }
        try (var arena = Arena.ofConfined()) {
            var to = stored(new float[expected.length], arena);
            EmittedGemm.moving(
                    entry,
                    stored(from, arena).address(),
                    apart * FLOAT.byteSize(),
                    to.address(),
                    DEPTH,
                    0);
            return same(expected, to);
        }
    }

    /// [PanelCopyKernel], rows that lie apart.
    static boolean isRight(PanelCopyKernel kernel, MemorySegment entry) {
        int row = Gemm.WIDTH + 3;
        float[] from = floats(DEPTH * row, new Random(kernel.bits()));
        var expected = new float[DEPTH * Gemm.WIDTH];
        for (int i = 0; i < expected.length; i++)
            expected[i] = from[i / Gemm.WIDTH * row + i % Gemm.WIDTH];
        try (var arena = Arena.ofConfined()) {
            var to = stored(new float[expected.length], arena);
            EmittedGemm.moving(
                    entry,
                    stored(from, arena).address(),
                    row * FLOAT.byteSize(),
                    to.address(),
                    DEPTH,
                    0);
            return same(expected, to);
        }
    }

    /// [TransposeKernel], two blocks.
    static boolean isRight(TransposeKernel kernel, MemorySegment entry) {
        int size = TransposeKernel.SIZE;
        float[] from = floats(size * 2 * size, new Random(size));
        var expected = new float[from.length];
        for (int i = 0; i < from.length; i++)
            expected[i % (2 * size) * size + i / (2 * size)] = from[i];
        try (var arena = Arena.ofConfined()) {
            var to = stored(new float[from.length], arena);
            EmittedGemm.moving(
                    entry,
                    stored(from, arena).address(),
                    2 * size * FLOAT.byteSize(),
                    to.address(),
                    size * FLOAT.byteSize(),
                    2);
            return same(expected, to);
        }
    }

    /// [WidenKernel].
    static boolean isRight(WidenKernel kernel, MemorySegment entry) {
        float[] values = whole(COLUMNS, new Random(1));
        try (var arena = Arena.ofConfined()) {
            var out = stored(new float[COLUMNS], arena);
            var from = stored(values, kernel.loads(), arena);
            EmittedAttention.widen(entry, from.address(), out.address(), COLUMNS / LANES);
            return same(values, out);
        }
    }

    /// [ScalesKernel], two rows.
    static boolean isRight(ScalesKernel kernel, MemorySegment entry) {
        var random = new Random(kernel.bits());
        float[] x = floats(2 * COLUMNS, random);
        float[] scales = floats(COLUMNS, random);
        var expected = new float[x.length];
        for (int i = 0; i < x.length; i++) expected[i] = x[i] * scales[i % COLUMNS];
        try (var arena = Arena.ofConfined()) {
            var memory = stored(x, arena);
            EmittedAttention.scales(
                    entry,
                    memory.address(),
                    stored(scales, arena).address(),
                    2,
                    COLUMNS * FLOAT.byteSize(),
                    COLUMNS / LANES);
            return same(expected, memory);
        }
    }

    /// [ElementKernel].
    static boolean isRight(ElementKernel kernel, MemorySegment entry) {
        var random = new Random(kernel.ordinal());
        float[] a = floats(COLUMNS, random);
        float[] b = floats(COLUMNS, random);
        float[] c = floats(COLUMNS, random);
        // one of them the largest, others far below it
        for (int i = 0; i < COLUMNS; i += 3) c[i] *= 40;
        return switch (kernel) {
            case SQUARES -> squares(entry, a, b, c);
            case SCALE, ADD, SILU -> arrays(kernel, entry, a, b, c);
            case SCORES, WEIGHTS, MULTIPLY -> page(kernel, entry, c);
        };
    }

    private static boolean squares(MemorySegment entry, float[] a, float[] b, float[] c) {
        var expected = a.clone();
        Arrays.fill(expected, 0, LANES, 0);
        for (int k = 0; k < COLUMNS; k++)
            expected[k % LANES] = Math.fma(b[k], b[k], expected[k % LANES]);
        EmittedCalls.arrays(entry, a, b, 0, c, 0, COLUMNS / LANES, 0);
        return same(expected, a);
    }

    private static boolean arrays(
            ElementKernel kernel, MemorySegment entry, float[] a, float[] b, float[] c) {
        var scalar = new ScalarKernels();
        var expected = c.clone();
        float factor = 0.3f;
        switch (kernel) {
            case SCALE -> {
                for (int k = 0; k < COLUMNS; k++) expected[k] = b[k] * factor * a[k];
            }
            case ADD -> scalar.add(expected, b, 0, COLUMNS);
            case SILU -> scalar.siluTimes(expected, b, 0, COLUMNS);
            case SQUARES, SCORES, WEIGHTS, MULTIPLY -> throw new IllegalArgumentException();
        }
        long number = EmittedCalls.bits(factor);
        EmittedCalls.arrays(entry, a, b, 0, c, 0, COLUMNS / LANES, number);
        return same(expected, c);
    }

    /// The sums too.
    private static boolean page(ElementKernel kernel, MemorySegment entry, float[] c) {
        var sums = new float[LANES];
        var expectedSums = new float[LANES];
        float number = 0.7f;
        float second = -0.1f;
        int last = 40;
        try (var arena = Arena.ofConfined()) {
            var page = stored(c, arena);
            var expected = stored(c, arena);
            long at = expected.address();
            switch (kernel) {
                case SCORES -> {
                    ScalarAttention.bias(at, 0, COLUMNS, number, second, last, 0);
                    for (int t = 0; t < COLUMNS; t++)
                        expectedSums[t % LANES] =
                                Math.max(expectedSums[t % LANES], expected.getAtIndex(FLOAT, t));
                }
                case WEIGHTS -> {
                    for (float value : c) number = Math.max(number, value);
                    ScalarAttention.exponentials(at, 0, COLUMNS, number, expectedSums);
                }
                case MULTIPLY -> ScalarAttention.multiply(at, 0, COLUMNS, number);
                case SQUARES, SCALE, ADD, SILU -> throw new IllegalArgumentException();
            }
            EmittedCalls.page(entry, page.address(), sums, number, second, COLUMNS / LANES, -last);
            return same(expected.toArray(FLOAT), page) && same(expectedSums, sums);
        }
    }
}
