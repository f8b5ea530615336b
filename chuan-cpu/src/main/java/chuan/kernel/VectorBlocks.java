package chuan.kernel;

import static chuan.kernel.Registers.F;
import static chuan.kernel.Registers.LENGTH;

import chuan.quant.BlockFormat;
import java.util.Objects;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/// Rows of block formats to fp32 through the registers, operation by operation as [BlockFormat]
/// does it; what is too narrow goes through its own loops.
final class VectorBlocks {
    private static final int HALF = 16;
    private static final int K_ELEMENTS = 256;
    private static final ScalarKernels SCALAR = new ScalarKernels();

    /// 0, 1, 2, ...
    private static final IntVector PLACES = IntVector.zero(Registers.I).addIndex(1);

    private VectorBlocks() {}

    static void widen(Matrix w, int row, float[] out, int at) {
        var format = w.format().block();
        if (format == null || !Registers.HAS_INT8) {
            SCALAR.widen(w, row, out, at);
            return;
        }
        long address = w.address(row);
        int blocks = w.columns() / Objects.requireNonNull(format).elements();
        switch (format) {
            case Q4_0 -> q4(address, blocks, out, at);
            case Q8_0 -> q8(address, blocks, out, at);
            case Q4_K -> q4k(address, blocks, out, at);
            case Q6_K -> q6k(address, blocks, out, at);
            case Q4_1 -> q4WithMinimum(address, blocks, out, at);
            case Q5_0 -> q5(address, blocks, out, at);
            case Q5_1 -> q5WithMinimum(address, blocks, out, at);
            case Q5_K -> q5k(address, blocks, out, at);
        }
    }

    private static void q4(long address, int blocks, float[] out, int at) {
        for (int block = 0; block < blocks; block++, address += 18, at += 2 * HALF) {
            float d = Float.float16ToFloat(Memory.half(address));
            for (int j = 0; j < HALF; j += LENGTH) {
                var pairs = Registers.bytes(address + 2 + j);
                Registers.floats(pairs.and(15).sub(8)).mul(d).intoArray(out, at + j);
                Registers.floats(pairs.lanewise(VectorOperators.LSHR, 4).and(15).sub(8))
                        .mul(d)
                        .intoArray(out, at + HALF + j);
            }
        }
    }

    private static void q4WithMinimum(long address, int blocks, float[] out, int at) {
        for (int block = 0; block < blocks; block++, address += 20, at += 2 * HALF) {
            float d = Float.float16ToFloat(Memory.half(address));
            float m = Float.float16ToFloat(Memory.half(address + 2));
            for (int j = 0; j < HALF; j += LENGTH) {
                var pairs = Registers.bytes(address + 4 + j);
                Registers.floats(pairs.and(15)).mul(d).add(m).intoArray(out, at + j);
                Registers.floats(pairs.lanewise(VectorOperators.LSHR, 4).and(15))
                        .mul(d)
                        .add(m)
                        .intoArray(out, at + HALF + j);
            }
        }
    }

    private static void q5(long address, int blocks, float[] out, int at) {
        for (int block = 0; block < blocks; block++, address += 22, at += 2 * HALF) {
            float d = Float.float16ToFloat(Memory.half(address));
            int fifth = Memory.word(address + 2);
            for (int j = 0; j < HALF; j += LENGTH) {
                var pairs = Registers.bytes(address + 6 + j);
                Registers.floats(pairs.and(15).or(sixteens(fifth >>> j)).sub(16))
                        .mul(d)
                        .intoArray(out, at + j);
                Registers.floats(
                                pairs.lanewise(VectorOperators.LSHR, 4)
                                        .and(15)
                                        .or(sixteens(fifth >>> (HALF + j)))
                                        .sub(16))
                        .mul(d)
                        .intoArray(out, at + HALF + j);
            }
        }
    }

    private static void q5WithMinimum(long address, int blocks, float[] out, int at) {
        for (int block = 0; block < blocks; block++, address += 24, at += 2 * HALF) {
            float d = Float.float16ToFloat(Memory.half(address));
            float m = Float.float16ToFloat(Memory.half(address + 2));
            int fifth = Memory.word(address + 4);
            for (int j = 0; j < HALF; j += LENGTH) {
                var pairs = Registers.bytes(address + 8 + j);
                Registers.floats(pairs.and(15).or(sixteens(fifth >>> j)))
                        .mul(d)
                        .add(m)
                        .intoArray(out, at + j);
                Registers.floats(
                                pairs.lanewise(VectorOperators.LSHR, 4)
                                        .and(15)
                                        .or(sixteens(fifth >>> (HALF + j))))
                        .mul(d)
                        .add(m)
                        .intoArray(out, at + HALF + j);
            }
        }
    }

    /// 16 in each place whose bit of `bits` is set, the lowest first.
    private static IntVector sixteens(int bits) {
        return IntVector.broadcast(Registers.I, bits)
                .lanewise(VectorOperators.LSHR, PLACES)
                .and(1)
                .lanewise(VectorOperators.LSHL, 4);
    }

    private static void q8(long address, int blocks, float[] out, int at) {
        for (int block = 0; block < blocks; block++, address += 34, at += 2 * HALF) {
            float d = Float.float16ToFloat(Memory.half(address));
            for (int j = 0; j < 2 * HALF; j += LENGTH)
                Registers.int8(address + 2 + j).mul(d).intoArray(out, at + j);
        }
    }

    /// Pairs of sub-blocks of 32 share their bytes: low nibbles are the first, high the second.
    private static void q4k(long address, int blocks, float[] out, int at) {
        for (int block = 0; block < blocks; block++, address += 144, at += K_ELEMENTS) {
            float d = Float.float16ToFloat(Memory.half(address));
            float dmin = Float.float16ToFloat(Memory.half(address + 2));
            for (int pair = 0; pair < 4; pair++) {
                int j = 2 * pair;
                var scale0 =
                        FloatVector.broadcast(F, d * BlockFormat.kScale(Memory.ALL, address, j));
                var scale1 =
                        FloatVector.broadcast(
                                F, d * BlockFormat.kScale(Memory.ALL, address, j + 1));
                float minimum0 = dmin * BlockFormat.kMinimum(Memory.ALL, address, j);
                float minimum1 = dmin * BlockFormat.kMinimum(Memory.ALL, address, j + 1);
                long nibbles = address + 16 + 32 * pair;
                int to = at + 64 * pair;
                for (int l = 0; l < 32; l += LENGTH) {
                    var v = Registers.bytes(nibbles + l);
                    Registers.floats(v.and(15)).mul(scale0).sub(minimum0).intoArray(out, to + l);
                    Registers.floats(v.lanewise(VectorOperators.LSHR, 4).and(15))
                            .mul(scale1)
                            .sub(minimum1)
                            .intoArray(out, to + 32 + l);
                }
            }
        }
    }

    /// As Q4_K, with a fifth bit for sub-block `j` in bit `j` of the byte for the place.
    private static void q5k(long address, int blocks, float[] out, int at) {
        for (int block = 0; block < blocks; block++, address += 176, at += K_ELEMENTS) {
            float d = Float.float16ToFloat(Memory.half(address));
            float dmin = Float.float16ToFloat(Memory.half(address + 2));
            for (int j = 0; j < 8; j++) {
                float scale = d * BlockFormat.kScale(Memory.ALL, address, j);
                float minimum = dmin * BlockFormat.kMinimum(Memory.ALL, address, j);
                long nibbles = address + 48 + 32 * (j / 2);
                int to = at + 32 * j;
                for (int l = 0; l < 32; l += LENGTH) {
                    var low =
                            Registers.bytes(nibbles + l)
                                    .lanewise(VectorOperators.LSHR, 4 * (j & 1))
                                    .and(15);
                    var fifth =
                            Registers.bytes(address + 16 + l)
                                    .lanewise(VectorOperators.LSHR, j)
                                    .and(1)
                                    .lanewise(VectorOperators.LSHL, 4);
                    Registers.floats(low.or(fifth)).mul(scale).sub(minimum).intoArray(out, to + l);
                }
            }
        }
    }

    private static void q6k(long address, int blocks, float[] out, int at) {
        for (int block = 0; block < blocks; block++, address += 210, at += K_ELEMENTS) {
            float d = Float.float16ToFloat(Memory.half(address + 208));
            for (int part = 0; part < K_ELEMENTS / HALF; part++) {
                int quarter = part / 2 % 4;
                int l0 = part % 2 * HALF;
                long lows = address + 64 * (part / 8) + 32 * (quarter & 1) + l0;
                long highs = address + 128 + 32 * (part / 8) + l0;
                float scale = d * Memory.code(address + 192 + part);
                for (int l = 0; l < HALF; l += LENGTH) {
                    var low =
                            Registers.bytes(lows + l)
                                    .lanewise(VectorOperators.LSHR, 4 * (quarter / 2))
                                    .and(15);
                    var high =
                            Registers.bytes(highs + l)
                                    .lanewise(VectorOperators.LSHR, 2 * quarter)
                                    .and(3)
                                    .lanewise(VectorOperators.LSHL, 4);
                    Registers.floats(low.or(high).sub(32))
                            .mul(scale)
                            .intoArray(out, at + HALF * part + l);
                }
            }
        }
    }
}
