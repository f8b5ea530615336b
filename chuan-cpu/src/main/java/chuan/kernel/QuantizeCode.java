package chuan.kernel;

import chuan.asm.CallingConvention;
import chuan.asm.Frame;
import chuan.asm.Gp;
import chuan.asm.Label;
import chuan.asm.MachineCode;
import chuan.asm.Mem;
import chuan.asm.Vec;
import chuan.asm.X86Assembler;
import chuan.quant.Panels;
import java.util.ArrayList;
import java.util.Locale;

/// Writes `void quantize(x, blocks, codes, stride, starts, scales)`: whole blocks of one token's
/// activations, as [QuantizedRows] defines them, to their places in a tile of [PackedRows]. The
/// codes, the start value and the scale of the next block stand `stride` bytes further. AVX2.
///
/// Absolute values are compared as whole numbers, whose order is that of the floats; infinity and
/// NaN are the largest. So a block that holds one has them as its `largest`, and its scale.
///
/// @param start what the weights' kernels want
/// @param codeBytes 1, or 2 for words
record QuantizeCode(StartValue start, int codeBytes) {
    private static final Gp X = Gp.RDI;
    private static final Gp BLOCKS = Gp.RSI;
    private static final Gp CODES = Gp.RDX;
    private static final Gp STRIDE = Gp.RCX;
    private static final Gp STARTS = Gp.R8;
    private static final Gp SCALES = Gp.R9;
    private static final Gp CONSTANTS = Gp.RAX;

    private static final int PARTS = 4;
    private static final int PART_BYTES = 32;

    /// Order of the 32-bit groups after two steps of packing, in which each half of a register
    /// stays by itself.
    private static final int[] UNMIX = {0, 4, 1, 5, 2, 6, 3, 7};

    /// The same after one step.
    private static final int[] UNMIX_ONCE = {0, 1, 4, 5, 2, 3, 6, 7};

    // Registers: 0..3 activations and codes, 4 the largest, 5 for the moment, then these.
    private static final Vec FACTOR = Vec.ymm(6);
    private static final Vec COUNTS = Vec.ymm(7);
    private static final Vec FINITE = Vec.ymm(8);
    private static final Vec SCALE = Vec.ymm(9);
    private static final Vec LARGEST = Vec.ymm(4);
    private static final Vec MOMENT = Vec.ymm(5);

    String name() {
        return "quantize-%s-%d-bits"
                .formatted(
                        start.name().toLowerCase(Locale.ROOT).replace('_', '-'),
                        Byte.SIZE * codeBytes);
    }

    MachineCode code() {
        return new Writer().write();
    }

    /// The smallest float whose factor is finite, as bits, less one.
    private static int belowSmallest() {
        float f = QuantizedRows.LARGEST_CODE / Float.MAX_VALUE;
        while (QuantizedRows.factor(f) > 0) f = Math.nextDown(f);
        while (QuantizedRows.factor(Math.nextUp(f)) == 0) f = Math.nextUp(f);
        return Float.floatToIntBits(f);
    }

    private final class Writer {
        private final X86Assembler a = new X86Assembler();
        private final ArrayList<Integer> constants = new ArrayList<>();

        private final Vec absolute = constant(10, 0x7fff_ffff);
        private final Vec largestCode =
                constant(11, Float.floatToIntBits(QuantizedRows.LARGEST_CODE));
        private final Vec belowSmallest = constant(12, belowSmallest());
        private final Vec infinity = constant(13, Float.floatToIntBits(Float.POSITIVE_INFINITY));
        private final Vec ones = constant(14, 0x0101_0101);
        private final Vec unmix = new Vec(15, 256);

        private Vec constant(int register, int value) {
            constants.add(value);
            return Vec.ymm(register);
        }

        MachineCode write() {
            var frame = Frame.open(a, CallingConvention.here(), 0);
            Label data = a.label();
            Label loop = a.label();
            a.lea(CONSTANTS, data);
            for (int i = 0; i < constants.size(); i++)
                a.vpbroadcastd(Vec.ymm(absolute.number() + i), constantAt(i));
            a.vmovdqu(unmix, constantAt(constants.size()));
            a.bind(loop);
            largest();
            scaleAndFactor();
            codes();
            startValue();
            a.add(X, Panels.BLOCK * Float.BYTES);
            a.add(CODES, STRIDE);
            a.add(STARTS, STRIDE);
            a.add(SCALES, STRIDE);
            a.dec(BLOCKS);
            a.jnz(loop);
            frame.close();
            a.align(PART_BYTES);
            a.bind(data);
            for (int value : constants) a.ints(value);
            a.ints(UNMIX);
            a.ints(UNMIX_ONCE);
            return new MachineCode(name(), a.bytes());
        }

        private static Mem constantAt(int index) {
            return Mem.at(CONSTANTS, index * Integer.BYTES);
        }

        private static Vec part(int index) {
            return Vec.ymm(index);
        }

        /// The largest absolute value, everywhere in its register.
        private void largest() {
            for (int i = 0; i < PARTS; i++) {
                a.vmovups(part(i), Mem.at(X, i * PART_BYTES));
                Vec to = i == 0 ? LARGEST : MOMENT;
                a.vpand(to, part(i), absolute);
                if (i > 0) a.vpmaxsd(LARGEST, LARGEST, MOMENT);
            }
            Vec largest = LARGEST.as(128);
            Vec moment = MOMENT.as(128);
            a.vextractf128(moment, LARGEST, 1);
            a.vpmaxsd(largest, largest, moment);
            a.vshufps(moment, largest, largest, 0b01_00_11_10);
            a.vpmaxsd(largest, largest, moment);
            a.vshufps(moment, largest, largest, 0b10_11_00_01);
            a.vpmaxsd(largest, largest, moment);
            a.vpbroadcastd(LARGEST, largest);
        }

        private void scaleAndFactor() {
            a.vpcmpgtd(COUNTS, LARGEST, belowSmallest);
            a.vdivps(SCALE, LARGEST, largestCode);
            a.vpand(SCALE, SCALE, COUNTS);
            a.vmovss(Mem.at(SCALES), SCALE.as(128));
            a.vdivps(FACTOR, largestCode, LARGEST);
            a.vpcmpgtd(FINITE, infinity, LARGEST);
            a.vpand(FINITE, FINITE, COUNTS);
        }

        /// Rounded half to even, as the processor does if nobody tells it otherwise.
        private void codes() {
            for (int i = 0; i < PARTS; i++) {
                a.vmulps(part(i), part(i), FACTOR);
                a.vcvtps2dq(part(i), part(i));
                a.vpand(part(i), part(i), FINITE);
            }
            a.vpackssdw(part(0), part(0), part(1));
            a.vpackssdw(part(2), part(2), part(3));
            if (codeBytes == Short.BYTES) storeWords();
            a.vpacksswb(part(0), part(0), part(2));
            a.vpermd(part(0), unmix, part(0));
            if (codeBytes == Byte.BYTES) a.vmovdqu(Mem.at(CODES), part(0));
        }

        /// The codes as words. The factors have been used.
        private void storeWords() {
            Vec order = FACTOR;
            a.vmovdqu(order, constantAt(constants.size() + UNMIX.length));
            for (int i = 0; i < 2; i++) {
                Vec words = i == 0 ? MOMENT : SCALE;
                a.vpermd(words, order, part(2 * i));
                a.vmovdqu(Mem.at(CODES, i * PART_BYTES), words);
            }
        }

        /// Sums of pairs of codes, as words, of which the even and the odd ones are summed, and
        /// those two if they are wanted together.
        private void startValue() {
            Vec pairs = part(1).as(128);
            Vec moment = part(2).as(128);
            a.vpmaddubsw(part(1), ones, part(0));
            a.vextractf128(moment, part(1), 1);
            a.vpaddw(pairs, pairs, moment);
            a.vshufps(moment, pairs, pairs, 0b01_00_11_10);
            a.vpaddw(pairs, pairs, moment);
            a.vshufps(moment, pairs, pairs, 0b10_11_00_01);
            a.vpaddw(pairs, pairs, moment);
            a.vpxor(moment, moment, moment);
            switch (start) {
                case ZERO -> a.vpxor(pairs, pairs, pairs);
                case MINUS_8_IN_PAIRS -> {
                    a.vpsllw(pairs, pairs, 3);
                    a.vpsubw(pairs, moment, pairs);
                }
                case MINUS_8 -> sumOfPairs(pairs, moment, 3);
                case MINUS_128 -> sumOfPairs(pairs, moment, 7);
            }
            a.vmovss(Mem.at(STARTS), pairs);
        }

        private void sumOfPairs(Vec pairs, Vec zero, int shift) {
            Vec even = part(3).as(128);
            a.vpslld(even, pairs, 16);
            a.vpsrad(even, even, 16);
            a.vpsrad(pairs, pairs, 16);
            a.vpaddd(pairs, pairs, even);
            a.vpslld(pairs, pairs, shift);
            a.vpsubd(pairs, zero, pairs);
        }
    }
}
