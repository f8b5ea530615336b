package chuan.asm;

import java.util.Arrays;

/// Bytes of x86-64 instructions: prefixes, operands, branches (Intel SDM volume 2, chapter 2).
///
/// Opcodes are written as the manual writes them: `0x66_0F_FE` is prefix 66, map 0F, opcode FE;
/// `0x66_0F38_50` prefix 66, map 0F38, opcode 50.
abstract sealed class Encoder permits GeneralInstructions {
    /// There is no immediate byte.
    static final int NONE = Integer.MIN_VALUE;

    private static final int[] PREFIXES = {0, 0x66, 0xF3, 0xF2};

    /// The nops that Intel recommends, by length.
    private static final byte[][] NOPS = {
        {},
        {(byte) 0x90},
        {0x66, (byte) 0x90},
        {0x0F, 0x1F, 0x00},
        {0x0F, 0x1F, 0x40, 0x00},
        {0x0F, 0x1F, 0x44, 0x00, 0x00},
        {0x66, 0x0F, 0x1F, 0x44, 0x00, 0x00},
        {0x0F, 0x1F, (byte) 0x80, 0x00, 0x00, 0x00, 0x00},
        {0x0F, 0x1F, (byte) 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
    };

    private byte[] code = new byte[1024];
    private int size;
    private int openBranches;

    /// Bytes so far.
    public final int size() {
        return size;
    }

    /// The code.
    ///
    /// @throws IllegalStateException if a branch leads to a label that was never bound
    public final byte[] bytes() {
        if (openBranches != 0)
            throw new IllegalStateException(openBranches + " branches lead nowhere");
        return Arrays.copyOf(code, size);
    }

    /// A new place to branch to.
    public final Label label() {
        return new Label();
    }

    /// The label is here.
    public final void bind(Label label) {
        if (label.position != Label.UNBOUND) throw new IllegalStateException("bound twice");
        label.position = size;
        for (int at : label.waiting) patch(at, size - (at + Integer.BYTES));
        openBranches -= label.waiting.size();
        label.waiting.clear();
    }

    /// Nops up to a multiple of `bytes`, a power of two.
    public final void align(int bytes) {
        for (int missing = -size & (bytes - 1); missing > 0; ) {
            byte[] nop = NOPS[Math.min(missing, NOPS.length - 1)];
            for (byte b : nop) put(b);
            missing -= nop.length;
        }
    }

    /// Constants among the code, little-endian.
    public final void ints(int... values) {
        for (int value : values) putInt(value);
    }

    final void put(int value) {
        if (size == code.length) code = Arrays.copyOf(code, 2 * size);
        code[size++] = (byte) value;
    }

    final void putInt(int value) {
        for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) put(value >>> shift);
    }

    final void putLong(long value) {
        putInt((int) value);
        putInt((int) (value >>> Integer.SIZE));
    }

    private void patch(int at, int value) {
        for (int i = 0; i < Integer.BYTES; i++) code[at + i] = (byte) (value >>> (i * Byte.SIZE));
    }

    static boolean isByte(int value) {
        return value == (byte) value;
    }

    /// A branch: short if it leads back and not far, else with 32 bits.
    ///
    /// @param shortOpcode of one byte
    /// @param longOpcode of one byte, or two beginning with 0F
    final void branch(int shortOpcode, int longOpcode, Label label) {
        if (label.position != Label.UNBOUND && isByte(label.position - (size + 2))) {
            put(shortOpcode);
            put(label.position - (size + 1));
            return;
        }
        if (longOpcode > 0xFF) put(longOpcode >>> Byte.SIZE);
        put(longOpcode);
        distance(label);
    }

    /// 32 bits: how far it is from behind them to the label.
    final void distance(Label label) {
        if (label.position == Label.UNBOUND) {
            label.waiting.add(size);
            openBranches++;
            putInt(0);
        } else {
            putInt(label.position - (size + Integer.BYTES));
        }
    }

    /// A general-purpose instruction of 64-bit operands.
    ///
    /// @param opcode of one byte, or two beginning with 0F
    final void general(int opcode, int reg, GpOrMem rm) {
        general(0x48, opcode, reg, rm);
    }

    /// @param rex 0x48 for 64-bit operands; 0x40, left out where it says nothing, for others
    final void general(int rex, int opcode, int reg, GpOrMem rm) {
        int prefix = rex | (reg >= 8 ? 4 : 0) | extension(rm);
        if (prefix != 0x40) put(prefix);
        if (opcode > 0xFF) put(opcode >>> Byte.SIZE);
        put(opcode);
        switch (rm) {
            case Gp gp -> registers(reg, gp.number());
            case Mem m -> memory(reg, m, 1);
        }
    }

    /// The X and B bits of an operand.
    private static int extension(GpOrMem rm) {
        return switch (rm) {
            case Gp gp -> gp.number() >>> 3;
            case Mem m -> m.base().number() >>> 3 | indexExtension(m) << 1;
        };
    }

    private static int indexExtension(Mem m) {
        return m.index() == null ? 0 : m.index().number() >>> 3;
    }

    /// ModRM of two registers.
    private void registers(int reg, int rm) {
        put(0xC0 | (reg & 7) << 3 | (rm & 7));
    }

    /// ModRM, SIB and displacement.
    ///
    /// @param unit of a displacement in one byte
    final void memory(int reg, Mem m, int unit) {
        int base = m.base().number() & 7;
        int disp = m.disp();
        boolean compressed = disp % unit == 0 && isByte(disp / unit);
        int mode = disp == 0 && base != 5 ? 0 : compressed ? 1 : 2;
        boolean sib = m.index() != null || base == 4;
        put(mode << 6 | (reg & 7) << 3 | (sib ? 4 : base));
        if (sib) {
            int index = m.index() == null ? 4 : m.index().number() & 7;
            put(Integer.numberOfTrailingZeros(m.scale()) << 6 | index << 3 | base);
        }
        if (mode == 1) put(disp / unit);
        if (mode == 2) putInt(disp);
    }

    /// An instruction with a VEX prefix whose operands are numbers of registers.
    ///
    /// @param length 0 for 128 bits, 1 for 256
    /// @param rm a register of any kind, as its number
    final void vexRegisters(int opcode, int length, int reg, int vvvv, int rm) {
        vexPrefix(opcode, length, reg, vvvv, 0, rm >>> 3 & 1);
        registers(reg, rm);
    }

    /// The same, with memory.
    final void vexMemory(int opcode, int length, int reg, int vvvv, Mem m) {
        if (m.repeated()) throw new IllegalArgumentException("VEX forms repeat no element");
        vexPrefix(opcode, length, reg, vvvv, indexExtension(m), m.base().number() >>> 3);
        memory(reg, m, 1);
    }

    private void vexPrefix(int opcode, int length, int reg, int vvvv, int x, int b) {
        int r = reg >>> 3 & 1;
        int last = (~vvvv & 15) << 3 | length << 2 | prefix(opcode);
        if (x == 0 && b == 0 && map(opcode) == 1) {
            put(0xC5);
            put((r ^ 1) << 7 | last);
        } else {
            put(0xC4);
            put((r ^ 1) << 7 | (x ^ 1) << 6 | (b ^ 1) << 5 | map(opcode));
            put(last);
        }
        put(opcode);
    }

    /// VEX where it can: no more than 256 bits, registers below 16, no repeated element.
    final void vector(int opcode, Shape shape, int bits, int reg, int vvvv, VecOrMem rm, int imm) {
        boolean fits =
                bits <= 256
                        && reg < 16
                        && vvvv < 16
                        && switch (rm) {
                            case Vec v -> v.number() < 16;
                            case Mem m -> !m.repeated();
                        };
        if (fits) vex(opcode, bits, reg, vvvv, rm, imm);
        else evex(opcode, shape, bits, reg, vvvv, rm, imm);
    }

    final void vex(int opcode, int bits, int reg, int vvvv, VecOrMem rm, int imm) {
        if (bits > 256 || reg > 15 || vvvv > 15 || (rm instanceof Vec v && v.number() > 15))
            throw new IllegalArgumentException("this instruction has no EVEX form");
        switch (rm) {
            case Vec v -> vexRegisters(opcode, bits / 256, reg, vvvv, v.number());
            case Mem m -> vexMemory(opcode, bits / 256, reg, vvvv, m);
        }
        if (imm != NONE) put(imm);
    }

    final void evex(int opcode, Shape shape, int bits, int reg, int vvvv, VecOrMem rm, int imm) {
        boolean broadcast = rm instanceof Mem memory && memory.repeated();
        int b;
        int x;
        switch (rm) {
            case Vec v -> {
                b = v.number() >>> 3 & 1;
                x = v.number() >>> 4;
            }
            case Mem m -> {
                b = m.base().number() >>> 3;
                x = indexExtension(m);
            }
        }
        put(0x62);
        int inverted = (reg >>> 3 & 1) << 7 | x << 6 | b << 5 | reg >>> 4 << 4;
        put((inverted ^ 0xF0) | map(opcode));
        put((shape.wide ? 0x80 : 0) | (~vvvv & 15) << 3 | 4 | prefix(opcode));
        int length = bits / 256;
        put(length << 5 | (broadcast ? 0x10 : 0) | (vvvv < 16 ? 8 : 0));
        put(opcode);
        switch (rm) {
            case Vec v -> registers(reg, v.number());
            case Mem m -> memory(reg, m, shape.unit(bits, broadcast));
        }
        if (imm != NONE) put(imm);
    }

    /// 1 for 0F, 2 for 0F38, 3 for 0F3A.
    private static int map(int opcode) {
        int middle = opcode >>> Byte.SIZE & 0xFF;
        return middle == 0x0F ? 1 : middle == 0x38 ? 2 : 3;
    }

    private static int prefix(int opcode) {
        int byteOfPrefix = opcode >>> (map(opcode) == 1 ? 16 : 24);
        for (int i = 0; i < PREFIXES.length; i++) if (PREFIXES[i] == byteOfPrefix) return i;
        throw new IllegalArgumentException("opcode " + Integer.toHexString(opcode));
    }
}
