package chuan.quant;

import static chuan.quant.BlockFormat.BYTE;
import static chuan.quant.BlockFormat.half;

import java.lang.foreign.MemorySegment;

/// Blocks of 256 elements. Q4_K and Q5_K: eight sub-blocks of 32 with a scale and a minimum of six
/// bits each, `(d scale) q - (dmin minimum)`. Q6_K: sixteen of 16 with a signed byte, `(d scale) (q
/// - 32)`.
final class KBlocks {
    private static final int ELEMENTS = 256;
    private static final int SUB_BLOCK = 32;
    private static final int SUB_BLOCKS = ELEMENTS / SUB_BLOCK;

    static final long SCALES = 4;
    private static final long FIFTH_BITS = 16;
    private static final long Q4_NIBBLES = 16;
    private static final long Q5_NIBBLES = FIFTH_BITS + SUB_BLOCK;

    private static final long Q6_HIGH_BITS = 128;
    private static final long Q6_SCALES = 192;
    private static final long Q6_SCALE = 208;

    private KBlocks() {}

    /// `d, dmin, 12 bytes of scales and minima, 128 bytes`
    static void q4(MemorySegment data, long from, float[] out, int at) {
        float d = half(data, from);
        float dmin = half(data, from + 2);
        for (int j = 0; j < SUB_BLOCKS; j++) {
            float scale = d * scale(data, from + SCALES, j);
            float minimum = dmin * minimum(data, from + SCALES, j);
            long nibbles = from + Q4_NIBBLES + SUB_BLOCK * (j / 2);
            int shift = 4 * (j & 1);
            int to = at + SUB_BLOCK * j;
            for (int l = 0; l < SUB_BLOCK; l++)
                out[to + l] = scale * bits(data, nibbles + l, shift, 4) - minimum;
        }
    }

    /// `d, dmin, 12 bytes of scales and minima, 32 bytes of fifth bits, 128 bytes`: bit `j` of byte
    /// `l` belongs to element `l` of sub-block `j`.
    static void q5(MemorySegment data, long from, float[] out, int at) {
        float d = half(data, from);
        float dmin = half(data, from + 2);
        for (int j = 0; j < SUB_BLOCKS; j++) {
            float scale = d * scale(data, from + SCALES, j);
            float minimum = dmin * minimum(data, from + SCALES, j);
            long nibbles = from + Q5_NIBBLES + SUB_BLOCK * (j / 2);
            int shift = 4 * (j & 1);
            int to = at + SUB_BLOCK * j;
            for (int l = 0; l < SUB_BLOCK; l++) {
                int low = bits(data, nibbles + l, shift, 4);
                int fifth = bits(data, from + FIFTH_BITS + l, j, 1);
                out[to + l] = scale * (low + 16 * fifth) - minimum;
            }
        }
    }

    /// `128 bytes of low nibbles, 64 bytes of high bit pairs, 16 signed scales, d`
    static void q6(MemorySegment data, long from, float[] out, int at) {
        float d = half(data, from + Q6_SCALE);
        for (int quarter = 0; quarter < SUB_BLOCKS; quarter++) {
            int half = quarter / 4;
            int k = quarter % 4;
            long lows = from + 64 * half + SUB_BLOCK * (k & 1);
            long highs = from + Q6_HIGH_BITS + SUB_BLOCK * half;
            int first = SUB_BLOCK * quarter;
            for (int l = 0; l < SUB_BLOCK; l++) {
                int low = bits(data, lows + l, 4 * (k / 2), 4);
                int high = bits(data, highs + l, 2 * k, 2);
                float scale = d * data.get(BYTE, from + Q6_SCALES + (first + l) / 16);
                out[at + first + l] = scale * (low + 16 * high - 32);
            }
        }
    }

    /// Six bits: the first four sub-blocks have theirs in one byte, the last four in two pieces.
    static int scale(MemorySegment data, long scales, int j) {
        return j < 4
                ? bits(data, scales + j, 0, 6)
                : bits(data, scales + j + 4, 0, 4) + 16 * bits(data, scales + j - 4, 6, 2);
    }

    static int minimum(MemorySegment data, long scales, int j) {
        return j < 4
                ? bits(data, scales + j + 4, 0, 6)
                : bits(data, scales + j + 4, 4, 4) + 16 * bits(data, scales + j, 6, 2);
    }

    /// `count` bits of the byte at `at`, from bit `shift` on.
    private static int bits(MemorySegment data, long at, int shift, int count) {
        return (data.get(BYTE, at) >>> shift) & ((1 << count) - 1);
    }
}
