package chuan.quant;

import static chuan.quant.BlockFormat.BYTE;
import static chuan.quant.BlockFormat.INT;
import static chuan.quant.BlockFormat.half;

import java.lang.foreign.MemorySegment;

/// Blocks of 32 elements with one scale `d`, some with a smallest value `m`. Byte `j` of the
/// nibbles holds element `j` in its low half and element `j + 16` in its high half.
final class SmallBlocks {
    private static final int HALF = 16;

    private SmallBlocks() {}

    /// `d, 16 bytes`: `d (q - 8)`
    static void q4(MemorySegment data, long from, float[] out, int at) {
        float d = half(data, from);
        for (int j = 0; j < HALF; j++) {
            int pair = data.get(BYTE, from + 2 + j);
            out[at + j] = d * (low(pair) - 8);
            out[at + j + HALF] = d * (high(pair) - 8);
        }
    }

    /// `d, m, 16 bytes`: `d q + m`
    static void q4WithMinimum(MemorySegment data, long from, float[] out, int at) {
        float d = half(data, from);
        float m = half(data, from + 2);
        for (int j = 0; j < HALF; j++) {
            int pair = data.get(BYTE, from + 4 + j);
            out[at + j] = d * low(pair) + m;
            out[at + j + HALF] = d * high(pair) + m;
        }
    }

    /// `d, 32 fifth bits, 16 bytes`: `d (q - 16)`
    static void q5(MemorySegment data, long from, float[] out, int at) {
        float d = half(data, from);
        int fifth = data.get(INT, from + 2);
        for (int j = 0; j < HALF; j++) {
            int pair = data.get(BYTE, from + 6 + j);
            out[at + j] = d * ((low(pair) + 16 * bit(fifth, j)) - 16);
            out[at + j + HALF] = d * ((high(pair) + 16 * bit(fifth, j + HALF)) - 16);
        }
    }

    /// `d, m, 32 fifth bits, 16 bytes`: `d q + m`
    static void q5WithMinimum(MemorySegment data, long from, float[] out, int at) {
        float d = half(data, from);
        float m = half(data, from + 2);
        int fifth = data.get(INT, from + 4);
        for (int j = 0; j < HALF; j++) {
            int pair = data.get(BYTE, from + 8 + j);
            out[at + j] = d * (low(pair) + 16 * bit(fifth, j)) + m;
            out[at + j + HALF] = d * (high(pair) + 16 * bit(fifth, j + HALF)) + m;
        }
    }

    /// `d, 32 signed bytes`: `d q`
    static void q8(MemorySegment data, long from, float[] out, int at) {
        float d = half(data, from);
        for (int j = 0; j < 2 * HALF; j++) out[at + j] = d * data.get(BYTE, from + 2 + j);
    }

    private static int low(int pair) {
        return pair & 15;
    }

    private static int high(int pair) {
        return (pair >> 4) & 15;
    }

    private static int bit(int word, int index) {
        return (word >>> index) & 1;
    }
}
