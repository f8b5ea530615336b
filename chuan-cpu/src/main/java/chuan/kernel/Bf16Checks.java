package chuan.kernel;

import static chuan.kernel.TileGemmKernel.BLOCK_BYTES;
import static chuan.kernel.TileGemmKernel.SIZE;
import static chuan.kernel.TileGemmKernel.TILE_BYTES;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;

/// What the functions of [EmittedBf16Gemm] must give before they are used, as [FunctionChecks].
final class Bf16Checks {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    private static final int DEPTH = Bf16Gemm.DEPTH;
    private static final int WIDTH = BlockProduct.WIDTH;

    private Bf16Checks() {}

    private static MemorySegment floats(int n, Random random, Arena arena) {
        var memory = arena.allocate((long) n * Float.BYTES, 64);
        for (int i = 0; i < n; i++) memory.setAtIndex(FLOAT, i, 4 * random.nextFloat() - 2);
        return memory;
    }

    /// Two blocks of 32 by 32, rows that lie apart.
    static boolean isRight(TilePackKernel kernel, MemorySegment entry) {
        int row = 2 * WIDTH + 3;
        try (var arena = Arena.ofConfined()) {
            var from = floats(DEPTH * row, new Random(1), arena);
            var to = arena.allocate(3 * BLOCK_BYTES, 64);
            EmittedBf16Gemm.pack(
                    entry,
                    from.address(),
                    row * Float.BYTES,
                    to.address(),
                    2,
                    WIDTH * Float.BYTES,
                    2 * BLOCK_BYTES);
            for (int block = 0; block < 2; block++)
                for (int i = 0; i < WIDTH; i++)
                    for (int j = 0; j < WIDTH; j++) {
                        int line = kernel.interleaves() ? j : i;
                        int depth = kernel.interleaves() ? i : j;
                        boolean right = kernel.interleaves() != kernel.transposes();
                        float expected =
                                Bf16.rounded(from.getAtIndex(FLOAT, i * row + block * WIDTH + j));
                        long at = 2L * block * BLOCK_BYTES + place(line, depth, right);
                        int bits = to.get(ValueLayout.JAVA_SHORT, at) << 16;
                        if (Float.intBitsToFloat(bits) != expected) return false;
                    }
            return true;
        }
    }

    /// Where in a block an element is, in bytes.
    private static int place(int line, int depth, boolean right) {
        int pair = depth / 2;
        int within = line % SIZE;
        int at = right ? pair * SIZE + within : within * SIZE + pair;
        return line / SIZE * TILE_BYTES + 4 * at + 2 * (depth % 2);
    }

    /// Three by three tiles and two of depth, against [ScalarBf16Gemm].
    static boolean isRight(Bf16Gemm.Order order, boolean adds, MemorySegment entry) {
        int n = 3 * SIZE;
        int depth = 2 * DEPTH;
        var random = new Random(2);
        try (var arena = Arena.ofConfined()) {
            var a = floats(n * depth, random, arena);
            var b = floats(n * depth, random, arena);
            var c = floats(n * n, random, arena);
            var expected = arena.allocate(c.byteSize(), 64).copyFrom(c);
            var scalar = new ScalarBf16Gemm(order);
            var panels = arena.allocate(2 * scalar.packedBytes(depth), 64);
            scalar.packColumns(b.address(), Float.BYTES, depth * 4L, depth, n, panels.address(), 0);
            scalar.multiply(
                    a.address(),
                    depth * 4L,
                    Float.BYTES,
                    n,
                    panels.address(),
                    depth,
                    expected.address(),
                    n * 4L,
                    n,
                    adds,
                    0);
            EmittedBf16Gemm.multiply(
                    entry,
                    packed(a, n, depth, false, arena),
                    packed(b, n, depth, true, arena),
                    depth / DEPTH,
                    c.address(),
                    n / SIZE,
                    n / SIZE,
                    n * 4L);
            return c.mismatch(expected) < 0;
        }
    }

    private static long packed(MemorySegment x, int lines, int depth, boolean right, Arena arena) {
        int depths = depth / DEPTH;
        var to = arena.allocate((long) Math.ceilDiv(lines, WIDTH) * depths * BLOCK_BYTES, 64);
        for (int line = 0; line < lines; line++)
            for (int k = 0; k < depth; k++) {
                int block = line / WIDTH * depths + k / DEPTH;
                float value = Bf16.rounded(x.getAtIndex(FLOAT, line * depth + k));
                to.set(
                        ValueLayout.JAVA_SHORT,
                        (long) block * BLOCK_BYTES + place(line % WIDTH, k % DEPTH, right),
                        (short) (Float.floatToRawIntBits(value) >>> 16));
            }
        return to.address();
    }
}
