package chuan.asm;

/// How the memory operand of a vector instruction relates to its register: an EVEX instruction
/// counts short displacements in units of what it reads (Intel SDM volume 2, section 2.7.5), and
/// some may repeat one element.
enum Shape {
    /// A whole register, or one 32-bit element repeated.
    FULL(1, 0, 4, false),
    /// A whole register, or one 64-bit element repeated.
    FULL64(1, 0, 8, true),
    /// A whole register.
    WHOLE(1, 0, 0, false),
    /// The same, with the W bit.
    WHOLE64(1, 0, 0, true),
    /// Half a register.
    HALF(2, 0, 0, false),
    /// A quarter of a register.
    QUARTER(4, 0, 0, false),
    /// One byte.
    BYTE(0, 1, 0, false),
    /// Two bytes.
    PAIR(0, 2, 0, false),
    /// Four bytes.
    SCALAR(0, 4, 0, false),
    /// Eight bytes.
    DOUBLE(0, 8, 0, false),
    /// 16 bytes, moved as 32-bit elements.
    QUARTER_OF_512(0, 16, 0, false),
    /// 32 bytes, moved as 64-bit elements.
    HALF_OF_512(0, 32, 0, true);

    private final int divisor;
    private final int bytes;
    private final int element;

    /// The W bit of the EVEX form.
    final boolean wide;

    Shape(int divisor, int bytes, int element, boolean wide) {
        this.divisor = divisor;
        this.bytes = bytes;
        this.element = element;
        this.wide = wide;
    }

    /// The unit of a short displacement, for registers of `bits`.
    int unit(int bits, boolean broadcast) {
        if (broadcast) {
            if (element == 0)
                throw new IllegalArgumentException("this instruction cannot repeat an element");
            return element;
        }
        return divisor == 0 ? bytes : bits / Byte.SIZE / divisor;
    }
}
