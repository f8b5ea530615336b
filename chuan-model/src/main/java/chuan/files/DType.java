package chuan.files;

import chuan.quant.BlockFormat;
import chuan.quant.Panels;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// How the elements of a stored tensor are written; always little-endian. Plain types have a fixed
/// number of bytes for each element, block types for each block of a row, panel types for each
/// superblock of a matrix.
public enum DType {
    F64(8),
    F32(4),
    F16(2),
    BF16(2),
    I64(8),
    I32(4),
    I16(2),
    I8(1),
    U8(1),
    BOOL(1),
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

    DType(int bytes) {
        this.bytes = bytes;
        this.block = null;
        this.panels = null;
    }

    DType(BlockFormat block) {
        this.bytes = 0;
        this.block = block;
        this.panels = null;
    }

    DType(Panels panels) {
        this.bytes = 0;
        this.block = null;
        this.panels = panels;
    }

    /// Bytes of one element of a plain type.
    ///
    /// @throws IllegalStateException if elements share their bytes; see [#byteCount]
    public int bytes() {
        if (bytes == 0) throw new IllegalStateException("elements of " + this + " share bytes");
        return bytes;
    }

    /// The layout, if this is a block type.
    public Optional<BlockFormat> block() {
        return Optional.ofNullable(block);
    }

    /// The layout, if this is a panel type.
    public Optional<Panels> panels() {
        return Optional.ofNullable(panels);
    }

    /// Whether elements are small integers with shared scales: a block or panel type.
    public boolean isQuantized() {
        return bytes == 0;
    }

    /// Elements that a row must be a multiple of; 1 but for block types.
    public int rowMultiple() {
        return block == null ? 1 : block.elements();
    }

    /// Bytes of a tensor of this shape. All dimensions but the last are rows.
    ///
    /// @throws ArithmeticException if no file could hold it
    /// @throws IllegalArgumentException if rows are no multiple of [#rowMultiple], or a quantized
    ///   tensor has no rows
    public long byteCount(long... shape) {
        long elements = elementCount(shape);
        if (bytes != 0) return Math.multiplyExact(elements, (long) bytes);
        if (shape.length == 0) throw new IllegalArgumentException("a single number in " + this);
        long columns = shape[shape.length - 1];
        if (panels != null) return columns == 0 ? 0 : panels.bytes(elements / columns, columns);
        if (columns % rowMultiple() != 0)
            throw new IllegalArgumentException(
                    "rows of "
                            + columns
                            + " elements are no multiple of the "
                            + this
                            + " block of "
                            + rowMultiple());
        return Math.multiplyExact(elements / rowMultiple(), (long) block().orElseThrow().bytes());
    }

    /// @throws ArithmeticException if no file could hold as many, even of one byte
    static long elementCount(long[] shape) {
        long n = 1;
        for (long d : shape) {
            if (d < 0) throw new ArithmeticException("negative dimension " + d);
            n = Math.multiplyExact(n, d);
        }
        return n;
    }

    /// Whether values are numbers with a fraction, plain or quantized: the only ones a model is
    /// made of here.
    public boolean isFloat() {
        return switch (this) {
            case F64, F32, F16, BF16 -> true;
            case I64, I32, I16, I8, U8, BOOL -> false;
            case Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K -> true;
            case PANEL4, PANEL8 -> true;
        };
    }

    /// The plain type of this name in a safetensors header; empty for one we do not know.
    public static Optional<DType> named(String name) {
        for (DType type : values())
            if (type.name().equals(name) && !type.isQuantized()) return Optional.of(type);
        return Optional.empty();
    }

    /// The nearest bf16 number, ties to even; a NaN stays one. The low 16 bits of the result.
    public static short toBf16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) return (short) ((bits >>> 16) | 0x40);
        return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
    }

    /// The value of a bf16 number: exact.
    public static float fromBf16(short bits) {
        return Float.intBitsToFloat(bits << 16);
    }
}
