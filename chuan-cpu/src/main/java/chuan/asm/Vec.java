package chuan.asm;

/// A vector register, or the lower part of one.
///
/// @param number 0..31; from 16 on, and with 512 bits, only for instructions with an EVEX form
/// @param bits 128, 256 or 512
public record Vec(int number, int bits) implements VecOrMem {
    public Vec {
        if (number < 0 || number > 31) throw new IllegalArgumentException("register " + number);
        if (bits != 128 && bits != 256 && bits != 512)
            throw new IllegalArgumentException("a register of " + bits + " bits");
    }

    public static Vec xmm(int number) {
        return new Vec(number, 128);
    }

    public static Vec ymm(int number) {
        return new Vec(number, 256);
    }

    public static Vec zmm(int number) {
        return new Vec(number, 512);
    }

    /// The same register, seen with another width.
    public Vec as(int otherBits) {
        return new Vec(number, otherBits);
    }

    @Override
    public String toString() {
        return (bits == 128 ? "x" : bits == 256 ? "y" : "z") + "mm" + number;
    }
}
