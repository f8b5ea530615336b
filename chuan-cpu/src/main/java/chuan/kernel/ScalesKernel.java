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

/// Writes `void scales(x, scales, rows, stride, groups)`: each of the first `16 * groups` elements
/// of each row of `x`, fp32, times the scale of its column. Rows begin `stride` bytes apart.
///
/// @param bits of a register
record ScalesKernel(int bits) implements Generator {
    String name() {
        return "scales-" + bits;
    }

    @Override
    public MachineCode code() {
        var a = new X86Assembler();
        var frame = Frame.open(a, CallingConvention.here(), 0);
        Label row = a.label();
        Label loop = a.label();
        a.shl(Gp.R8, Integer.numberOfTrailingZeros(LANES * Float.BYTES));
        a.bind(row);
        a.xor(Gp.RAX, Gp.RAX);
        a.bind(loop);
        for (int at = 0; at < LANES * Float.BYTES; at += bits / Byte.SIZE) {
            Vec v = new Vec(0, bits);
            a.vmovups(v, Mem.at(Gp.RDI, Gp.RAX, 1, at));
            a.vmulps(v, v, Mem.at(Gp.RSI, Gp.RAX, 1, at));
            a.vmovups(Mem.at(Gp.RDI, Gp.RAX, 1, at), v);
        }
        a.add(Gp.RAX, LANES * Float.BYTES);
        a.cmp(Gp.RAX, Gp.R8);
        a.jb(loop);
        a.add(Gp.RDI, Gp.RCX);
        a.dec(Gp.RDX);
        a.jnz(row);
        frame.close();
        return new MachineCode(name(), a.bytes());
    }
}
