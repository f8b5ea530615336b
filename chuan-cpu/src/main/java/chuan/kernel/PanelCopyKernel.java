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

/// Writes `void copy(from, fromRow, panel, depth)`: a panel of a [Gemm] from rows of thirty-two
/// floats, `fromRow` bytes apart.
///
/// @param bits of a register: 256 or 512
record PanelCopyKernel(int bits) implements Generator {
    private static final int ROW = Gemm.WIDTH * Float.BYTES;

    @Override
    public MachineCode code() {
        var a = new X86Assembler();
        var frame = Frame.open(a, CallingConvention.here(), 0);
        Label loop = a.label();
        a.bind(loop);
        int bytes = bits / Byte.SIZE;
        int vectors = ROW / bytes;
        for (int v = 0; v < vectors; v++) a.vmovups(new Vec(v, bits), Mem.at(Gp.RDI, v * bytes));
        for (int v = 0; v < vectors; v++) a.vmovups(Mem.at(Gp.RDX, v * bytes), new Vec(v, bits));
        a.add(Gp.RDI, Gp.RSI);
        a.add(Gp.RDX, ROW);
        a.dec(Gp.RCX);
        a.jnz(loop);
        frame.close();
        return new MachineCode("panel-copy-" + bits, a.bytes());
    }
}
