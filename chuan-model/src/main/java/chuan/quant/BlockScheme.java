package chuan.quant;

/// How a matrix becomes blocks of 32 columns: the choice of scales and codes, and the layout of the
/// bytes.
public enum BlockScheme {
    /// llama.cpp's Q4_0 and its layout, byte for byte.
    Q4_0(32),
    /// llama.cpp's Q8_0 and its layout, byte for byte.
    Q8_0(32),
    /// Ours: searched scales, 4 bits, [Panels#PANEL4].
    INT4(1),
    /// Ours: searched scales, 8 bits, [Panels#PANEL8].
    INT8(1);

    private final int rowMultiple;

    BlockScheme(int rowMultiple) {
        this.rowMultiple = rowMultiple;
    }

    /// What the number of columns must be a multiple of.
    public int rowMultiple() {
        return rowMultiple;
    }

    /// How the bytes lie.
    public BlockLayout layout() {
        return switch (this) {
            case Q4_0 -> BlockLayout.Q4_0;
            case Q8_0 -> BlockLayout.Q8_0;
            case INT4 -> BlockLayout.PANEL4;
            case INT8 -> BlockLayout.PANEL8;
        };
    }

    BlockQuantizer newQuantizer() {
        return switch (this) {
            case Q4_0 -> RoundToNearest.q4();
            case Q8_0 -> RoundToNearest.q8();
            case INT4 -> ScaleSearch.int4();
            case INT8 -> ScaleSearch.int8();
        };
    }
}
