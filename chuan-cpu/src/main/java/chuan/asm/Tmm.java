package chuan.asm;

/// A tile register of AMX.
///
/// @param number 0..7
public record Tmm(int number) {
    public Tmm {
        if (number < 0 || number > 7) throw new IllegalArgumentException("tile " + number);
    }

    @Override
    public String toString() {
        return "tmm" + number;
    }
}
