package chuan.asm;

import org.jspecify.annotations.Nullable;

/// Memory at `base + index * scale + disp`.
///
/// @param scale 1, 2, 4 or 8; 1 without index
/// @param repeated one element, repeated over the register; for EVEX instructions
public record Mem(Gp base, @Nullable Gp index, int scale, int disp, boolean repeated)
        implements VecOrMem, GpOrMem {
    public Mem {
        if (Integer.bitCount(scale) != 1 || scale < 1 || scale > 8)
            throw new IllegalArgumentException("scale " + scale);
        if (Gp.RSP.equals(index)) throw new IllegalArgumentException("rsp cannot be an index");
    }

    public static Mem at(Gp base) {
        return new Mem(base, null, 1, 0, false);
    }

    public static Mem at(Gp base, int disp) {
        return new Mem(base, null, 1, disp, false);
    }

    public static Mem at(Gp base, Gp index, int scale, int disp) {
        return new Mem(base, index, scale, disp, false);
    }

    /// The element there, for every place of the register.
    public Mem broadcast() {
        return new Mem(base, index, scale, disp, true);
    }

    /// So many bytes further.
    public Mem plus(int bytes) {
        return new Mem(base, index, scale, Math.addExact(disp, bytes), repeated);
    }
}
