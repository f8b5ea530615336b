package chuan.kernel;

import static chuan.kernel.Kernels.LANES;

import chuan.asm.CallingConvention;
import chuan.asm.Frame;
import chuan.asm.Generator;
import chuan.asm.Gp;
import chuan.asm.Label;
import chuan.asm.MachineCode;
import chuan.asm.Mem;
import chuan.asm.Vec;
import chuan.asm.X86Assembler;

/// Writes `void rows(weights, x, xStart, y, yStart, columns, yStride)`: a few rows of a plain
/// weight, one behind the other, times a few tokens. Every row and token have their sixteen partial
/// sums in registers from the first column to the last, are folded there, and go to `y`, the rows
/// of a token side by side.
///
/// Addresses and distances in bytes; `columns` a multiple of 16; the activations of the next token
/// begin `4 * columns` further, its results `yStride`.
///
/// @param loads the weights' format
/// @param bits of a register: 256, or 512 with thirty-two of them
/// @param rows 2 or 4
/// @param tokens 1 to 6; `rows * tokens` sums of sixteen leave room for `rows + 1` registers
record RowsKernel(EmittedLoads loads, int bits, int rows, int tokens) implements Generator {
    private static final int BYTES_OF_SUMS = LANES * Float.BYTES;

    private static final Gp WEIGHTS = Gp.RDI;

    /// Three rows further.
    private static final Gp WEIGHTS_3 = Gp.R10;

    private static final Gp WEIGHT_STRIDE = Gp.RAX;
    private static final Gp X = Gp.RSI;

    /// Three tokens further.
    private static final Gp X_3 = Gp.R11;

    private static final Gp X_STRIDE = Gp.RBX;
    private static final Gp Y = Gp.RCX;
    private static final Gp STEPS = Gp.R9;

    String name() {
        return "rows-" + loads + "-" + bits + "-" + rows + "x" + tokens;
    }

    /// Registers that hold sixteen floats.
    private int parts() {
        return BYTES_OF_SUMS * Byte.SIZE / bits;
    }

    private Vec sum(int row, int token, int part) {
        return new Vec((row * tokens + token) * parts() + part, bits);
    }

    private Vec weight(int row) {
        return new Vec(rows * tokens * parts() + row, bits);
    }

    private Vec activation() {
        return weight(rows);
    }

    @Override
    public MachineCode code() {
        var a = new X86Assembler();
        var frame = Frame.open(a, CallingConvention.here(), 0, Gp.RBX);
        a.add(X, Gp.RDX);
        a.add(Y, Gp.R8);
        a.mov(X_STRIDE, STEPS);
        a.shl(X_STRIDE, 2);
        a.mov(WEIGHT_STRIDE, STEPS);
        if (loads.bytes > 1) a.shl(WEIGHT_STRIDE, loads.bytes / 2);
        threeFurther(a, WEIGHTS_3, WEIGHTS, WEIGHT_STRIDE);
        threeFurther(a, X_3, X, X_STRIDE);
        a.shr(STEPS, 4);
        for (int i = 0; i < rows * tokens * parts(); i++) zero(a, new Vec(i, bits));
        a.align(32);
        Label loop = a.label();
        a.bind(loop);
        for (int part = 0; part < parts(); part++) step(a, part);
        a.add(WEIGHTS, LANES * loads.bytes);
        a.add(WEIGHTS_3, LANES * loads.bytes);
        a.add(X, BYTES_OF_SUMS);
        a.add(X_3, BYTES_OF_SUMS);
        a.dec(STEPS);
        a.jnz(loop);
        a.mov(Gp.RDX, frame.argument(6));
        for (int t = 0; t < tokens; t++) {
            fold(a, t);
            if (t < tokens - 1) a.add(Y, Gp.RDX);
        }
        frame.close();
        return new MachineCode(name(), a.bytes());
    }

    private static void threeFurther(X86Assembler a, Gp d, Gp base, Gp stride) {
        a.lea(d, Mem.at(base, stride, 2, 0));
        a.add(d, stride);
    }

    private static void zero(X86Assembler a, Vec v) {
        a.vpxor(v, v, v);
    }

    /// Of six addresses at equal distances, one.
    private static Mem at(Gp base, Gp base3, Gp stride, int index, int disp) {
        Gp from = index < 3 ? base : base3;
        int steps = index % 3;
        return steps == 0 ? Mem.at(from, disp) : Mem.at(from, stride, steps, disp);
    }

    /// Sixteen columns, or those of them that one register holds.
    private void step(X86Assembler a, int part) {
        int lane = part * bits / Float.SIZE;
        for (int r = 0; r < rows; r++) {
            int disp = lane * loads.bytes;
            loads.load(a, weight(r), at(WEIGHTS, WEIGHTS_3, WEIGHT_STRIDE, r, disp));
        }
        for (int t = 0; t < tokens; t++) {
            a.vmovups(activation(), at(X, X_3, X_STRIDE, t, lane * Float.BYTES));
            for (int r = 0; r < rows; r++) a.vfmadd231ps(sum(r, t, part), weight(r), activation());
        }
    }

    /// Folds the sums of a token in halves, and stores its totals. The registers of the weights are
    /// free by now.
    private void fold(X86Assembler a, int token) {
        Vec high = weight(0).as(128);
        for (int r = 0; r < rows; r++) {
            Vec sum = sum(r, token, 0);
            Vec half = sum.as(256);
            if (bits == 512) {
                a.vextractf64x4(high.as(256), sum, 1);
                a.vaddps(half, half, high.as(256));
                a.vextractf32x4(high, half, 1);
            } else {
                a.vaddps(half, half, sum(r, token, 1));
                a.vextractf128(high, half, 1);
            }
            a.vaddps(sum.as(128), sum.as(128), high);
        }
        Vec total = foldPair(a, token, 0);
        Vec other = rows == 2 ? total : foldPair(a, token, 2);
        Vec odd = activation().as(128);
        a.vshufps(odd, total, other, 0b11_01_11_01);
        a.vshufps(total, total, other, 0b10_00_10_00);
        a.vaddps(total, total, odd);
        if (rows == 2) a.vmovlps(Mem.at(Y), total);
        else a.vmovups(Mem.at(Y), total);
    }

    /// Of the four sums of two rows each the first two plus the last two: those of the first row,
    /// then those of the second, in the place of the first row's.
    private Vec foldPair(X86Assembler a, int token, int row) {
        Vec first = sum(row, token, 0).as(128);
        Vec second = sum(row + 1, token, 0).as(128);
        Vec upper = activation().as(128);
        a.vunpckhpd(upper, first, second);
        a.vunpcklpd(first, first, second);
        a.vaddps(first, first, upper);
        return first;
    }
}
