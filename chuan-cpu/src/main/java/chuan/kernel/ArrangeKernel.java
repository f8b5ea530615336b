package chuan.kernel;

import chuan.asm.CallingConvention;
import chuan.asm.Frame;
import chuan.asm.Generator;
import chuan.asm.Gp;
import chuan.asm.Label;
import chuan.asm.MachineCode;
import chuan.asm.Mem;
import chuan.asm.Vec;
import chuan.asm.X86Assembler;

/// Writes `void arrange(to, x, xStart, unused, unused, groups, stride)`: so many times sixteen
/// elements of an array go to `to`, the next sixteen `stride` bytes behind. 512 bits. The signature
/// is one that [EmittedCalls] has anyway.
record ArrangeKernel() implements Generator {
    private static final Vec SIXTEEN = Vec.zmm(0);
    private static final Gp TO = Gp.RDI;
    private static final Gp X = Gp.RSI;
    private static final Gp GROUPS = Gp.R9;
    private static final Gp STRIDE = Gp.RAX;

    @Override
    public MachineCode code() {
        var a = new X86Assembler();
        var frame = Frame.open(a, CallingConvention.here(), 0);
        a.add(X, Gp.RDX);
        a.mov(STRIDE, frame.argument(6));
        Label loop = a.label();
        a.align(32);
        a.bind(loop);
        a.vmovups(SIXTEEN, Mem.at(X));
        a.vmovups(Mem.at(TO), SIXTEEN);
        a.add(X, Kernels.LANES * Float.BYTES);
        a.add(TO, STRIDE);
        a.dec(GROUPS);
        a.jnz(loop);
        frame.close();
        return new MachineCode("arrange", a.bytes());
    }
}
