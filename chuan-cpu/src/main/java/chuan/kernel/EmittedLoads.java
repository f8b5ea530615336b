package chuan.kernel;

import chuan.asm.Mem;
import chuan.asm.Vec;
import chuan.asm.X86Assembler;

/// Elements in memory that come into a vector register as fp32, exactly.
enum EmittedLoads {
    F32(4) {
        @Override
        void load(X86Assembler a, Vec d, Mem m) {
            a.vmovups(d, m);
        }
    },
    BF16(2) {
        @Override
        void load(X86Assembler a, Vec d, Mem m) {
            a.vpmovzxwd(d, m);
            a.vpslld(d, d, 16);
        }
    },
    F16(2) {
        @Override
        void load(X86Assembler a, Vec d, Mem m) {
            a.vcvtph2ps(d, m);
        }
    },
    /// Without its scale.
    INT8(1) {
        @Override
        void load(X86Assembler a, Vec d, Mem m) {
            a.vpmovsxbd(d, m);
            a.vcvtdq2ps(d, d);
        }
    };

    /// Of an element.
    final int bytes;

    EmittedLoads(int bytes) {
        this.bytes = bytes;
    }

    /// Writes what fills `d` from the elements at `m` on.
    abstract void load(X86Assembler a, Vec d, Mem m);
}
