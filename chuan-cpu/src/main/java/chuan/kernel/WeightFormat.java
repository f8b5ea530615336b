package chuan.kernel;

import chuan.quant.BlockFormat;
import chuan.quant.Panels;
import org.jspecify.annotations.Nullable;

/// How the elements of a [Matrix] lie in memory: one by one, in blocks along a row that share
/// scales (as in GGUF files), or in panels of sixteen rows side by side.
public enum WeightFormat {
    F32(4),
    BF16(2),
    F16(2),
    /// Signed bytes in -127..127 with one scale per row.
    INT8(1),
    Q4_0(BlockFormat.Q4_0),
    Q4_1(BlockFormat.Q4_1),
    Q5_0(BlockFormat.Q5_0),
    Q5_1(BlockFormat.Q5_1),
    Q8_0(BlockFormat.Q8_0),
    Q4_K(BlockFormat.Q4_K),
    Q5_K(BlockFormat.Q5_K),
    Q6_K(BlockFormat.Q6_K),
    PANEL4(Panels.PANEL4),
    PANEL8(Panels.PANEL8);

    private final int bytes;
    private final @Nullable BlockFormat block;
    private final @Nullable Panels panels;

    WeightFormat(int bytes) {
        this.bytes = bytes;
        this.block = null;
        this.panels = null;
    }

    WeightFormat(BlockFormat block) {
        this.bytes = 0;
        this.block = block;
        this.panels = null;
    }

    WeightFormat(Panels panels) {
        this.bytes = 0;
        this.block = null;
        this.panels = panels;
    }

    /// Whether each element has bytes of its own.
    public boolean isPlain() {
        return bytes > 0;
    }

    /// Bytes of one element of a plain format.
    public int bytes() {
        if (bytes == 0) throw new IllegalStateException("elements of " + this + " share bytes");
        return bytes;
    }

    /// Whether sixteen rows lie side by side.
    public boolean isPanels() {
        return panels != null;
    }

    /// The layout of a block format, else null.
    @Nullable BlockFormat block() {
        return block;
    }

    /// The layout of a panel format, else null.
    @Nullable Panels panels() {
        return panels;
    }

    /// Bytes of a row; rows of panels have none of their own.
    long rowBytes(int columns) {
        return block == null
                ? (long) columns * bytes()
                : (long) columns / block.elements() * block.bytes();
    }

    /// Bytes of a matrix.
    ///
    /// @throws IllegalArgumentException if rows are no whole number of blocks
    public long matrixBytes(int rows, int columns) {
        if (panels != null) return panels.bytes(rows, columns);
        if (block != null && columns % block.elements() != 0)
            throw new IllegalArgumentException(
                    columns + " columns are no multiple of " + block.elements() + " for " + this);
        return Math.multiplyExact((long) rows, rowBytes(columns));
    }
}
