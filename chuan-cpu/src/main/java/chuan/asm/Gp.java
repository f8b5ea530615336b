package chuan.asm;

/// A general-purpose register, all 64 bits of it.
///
/// @param number as the instructions count them, 0..15
public record Gp(int number) implements GpOrMem {
    public static final Gp RAX = new Gp(0);
    public static final Gp RCX = new Gp(1);
    public static final Gp RDX = new Gp(2);
    public static final Gp RBX = new Gp(3);
    public static final Gp RSP = new Gp(4);
    public static final Gp RBP = new Gp(5);
    public static final Gp RSI = new Gp(6);
    public static final Gp RDI = new Gp(7);
    public static final Gp R8 = new Gp(8);
    public static final Gp R9 = new Gp(9);
    public static final Gp R10 = new Gp(10);
    public static final Gp R11 = new Gp(11);
    public static final Gp R12 = new Gp(12);
    public static final Gp R13 = new Gp(13);
    public static final Gp R14 = new Gp(14);
    public static final Gp R15 = new Gp(15);

    private static final String[] NAMES = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi"};

    public Gp {
        if (number < 0 || number > 15) throw new IllegalArgumentException("register " + number);
    }

    @Override
    public String toString() {
        return number < NAMES.length ? NAMES[number] : "r" + number;
    }
}
