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

/// Writes `void widen(from, to, groups)`: that many times sixteen elements become fp32, exactly.
///
/// @param loads the format of the elements
/// @param bits of a register
record WidenKernel(EmittedLoads loads, int bits) implements Generator {
    String name() {
        return "widen-" + loads + "-" + bits;
    }

    @Override
    public MachineCode code() {
        var a = new X86Assembler();
        var frame = Frame.open(a, CallingConvention.here(), 0);
        int lanes = bits / Float.SIZE;
        Label loop = a.label();
        a.align(32);
        a.bind(loop);
        for (int lane = 0; lane < LANES; lane += lanes) {
            Vec v = new Vec(lane / lanes, bits);
            loads.load(a, v, Mem.at(Gp.RDI, lane * loads.bytes));
            a.vmovups(Mem.at(Gp.RSI, lane * Float.BYTES), v);
        }
        a.add(Gp.RDI, LANES * loads.bytes);
        a.add(Gp.RSI, LANES * Float.BYTES);
        a.dec(Gp.RDX);
        a.jnz(loop);
        frame.close();
        return new MachineCode(name(), a.bytes());
    }
}
