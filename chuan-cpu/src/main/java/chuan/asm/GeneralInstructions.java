package chuan.asm;

/// Instructions on general-purpose registers, 64 bits wide: what loops, addresses and prologues
/// need.
abstract sealed class GeneralInstructions extends Encoder permits X86Assembler {
    public final void push(Gp r) {
        shortForm(0x50, r);
    }

    public final void pop(Gp r) {
        shortForm(0x58, r);
    }

    public final void mov(Gp d, Gp s) {
        general(0x89, s.number(), d);
    }

    public final void mov(Gp d, Mem s) {
        general(0x8B, d.number(), s);
    }

    public final void mov(Mem d, Gp s) {
        general(0x89, s.number(), d);
    }

    public final void mov(Gp d, long value) {
        if (value == (int) value) {
            general(0xC7, 0, d);
            putInt((int) value);
        } else {
            put(0x48 | d.number() >>> 3);
            put(0xB8 | (d.number() & 7));
            putLong(value);
        }
    }

    public final void lea(Gp d, Mem s) {
        general(0x8D, d.number(), s);
    }

    /// The address of a place in the code, wherever the code lies.
    public final void lea(Gp d, Label place) {
        put(0x48 | d.number() >>> 3 << 2);
        put(0x8D);
        put((d.number() & 7) << 3 | 5);
        distance(place);
    }

    public final void add(Gp d, Gp s) {
        general(0x01, s.number(), d);
    }

    public final void add(Gp d, Mem s) {
        general(0x03, d.number(), s);
    }

    public final void add(Gp d, int value) {
        arithmetic(0, d, value);
    }

    public final void sub(Gp d, Gp s) {
        general(0x29, s.number(), d);
    }

    public final void sub(Gp d, Mem s) {
        general(0x2B, d.number(), s);
    }

    public final void sub(Gp d, int value) {
        arithmetic(5, d, value);
    }

    public final void and(Gp d, Gp s) {
        general(0x21, s.number(), d);
    }

    public final void and(Gp d, Mem s) {
        general(0x23, d.number(), s);
    }

    public final void and(Gp d, int value) {
        arithmetic(4, d, value);
    }

    public final void or(Gp d, Gp s) {
        general(0x09, s.number(), d);
    }

    public final void or(Gp d, Mem s) {
        general(0x0B, d.number(), s);
    }

    public final void or(Gp d, int value) {
        arithmetic(1, d, value);
    }

    public final void xor(Gp d, Gp s) {
        general(0x31, s.number(), d);
    }

    public final void xor(Gp d, Mem s) {
        general(0x33, d.number(), s);
    }

    public final void xor(Gp d, int value) {
        arithmetic(6, d, value);
    }

    public final void cmp(Gp d, Gp s) {
        general(0x39, s.number(), d);
    }

    public final void cmp(Gp d, Mem s) {
        general(0x3B, d.number(), s);
    }

    public final void cmp(Gp d, int value) {
        arithmetic(7, d, value);
    }

    public final void imul(Gp d, GpOrMem s) {
        general(0x0FAF, d.number(), s);
    }

    public final void test(Gp a, Gp b) {
        general(0x85, b.number(), a);
    }

    public final void inc(Gp d) {
        general(0xFF, 0, d);
    }

    public final void dec(Gp d) {
        general(0xFF, 1, d);
    }

    public final void neg(Gp d) {
        general(0xF7, 3, d);
    }

    public final void shl(Gp d, int count) {
        shift(4, d, count);
    }

    public final void shr(Gp d, int count) {
        shift(5, d, count);
    }

    public final void sar(Gp d, int count) {
        shift(7, d, count);
    }

    public final void jmp(Label to) {
        branch(0xEB, 0xE9, to);
    }

    public final void jb(Label to) {
        branch(0x72, 0x0F82, to);
    }

    public final void jae(Label to) {
        branch(0x73, 0x0F83, to);
    }

    public final void jz(Label to) {
        branch(0x74, 0x0F84, to);
    }

    public final void jnz(Label to) {
        branch(0x75, 0x0F85, to);
    }

    public final void jbe(Label to) {
        branch(0x76, 0x0F86, to);
    }

    public final void ja(Label to) {
        branch(0x77, 0x0F87, to);
    }

    public final void jl(Label to) {
        branch(0x7C, 0x0F8C, to);
    }

    public final void jge(Label to) {
        branch(0x7D, 0x0F8D, to);
    }

    public final void jle(Label to) {
        branch(0x7E, 0x0F8E, to);
    }

    public final void jg(Label to) {
        branch(0x7F, 0x0F8F, to);
    }

    public final void call(Gp function) {
        general(0x40, 0xFF, 2, function);
    }

    public final void ret() {
        put(0xC3);
    }

    public final void cpuid() {
        put(0x0F);
        put(0xA2);
    }

    public final void xgetbv() {
        put(0x0F);
        put(0x01);
        put(0xD0);
    }

    public final void prefetcht0(Mem m) {
        general(0x40, 0x0F18, 1, m);
    }

    public final void prefetcht1(Mem m) {
        general(0x40, 0x0F18, 2, m);
    }

    /// Fetches a line that will be written to.
    public final void prefetchw(Mem m) {
        general(0x40, 0x0F0D, 1, m);
    }

    private void shortForm(int opcode, Gp r) {
        if (r.number() >= 8) put(0x41);
        put(opcode | (r.number() & 7));
    }

    private void arithmetic(int operation, Gp d, int value) {
        general(isByte(value) ? 0x83 : 0x81, operation, d);
        if (isByte(value)) put(value);
        else putInt(value);
    }

    private void shift(int operation, Gp d, int count) {
        general(count == 1 ? 0xD1 : 0xC1, operation, d);
        if (count != 1) put(count);
    }
}
