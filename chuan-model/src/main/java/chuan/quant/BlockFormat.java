package chuan.quant;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Objects;

/// The block formats of GGUF files (ggml-org/llama.cpp): a row is a sequence of blocks, each with
/// its own scales in fp16 and the small integers that they multiply. Decoding rounds as llama.cpp
/// does, operation by operation, so the values are the same bits.
///
/// Formats whose name ends in `_0` have a scale, those in `_1` a scale and a smallest value; the
/// `_K` formats have 256 elements in sub-blocks with small integer scales of their own.
public enum BlockFormat {
    Q4_0(32, 18, 0),
    Q4_1(32, 20, 0, 2),
    Q5_0(32, 22, 0),
    Q5_1(32, 24, 0, 2),
    Q8_0(32, 34, 0),
    Q4_K(256, 144, 0, 2),
    Q5_K(256, 176, 0, 2),
    Q6_K(256, 210, 208);

    static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
    static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    // Of fp16: an exponent of all ones, plus one, carries into the bit above.
    private static final int EXPONENT = 0x7c00;
    private static final int EXPONENT_ONE = 0x0400;
    private static final int CARRY = 0x8000;

    private final int elements;
    private final int bytes;
    private final int[] scales;

    /// @param scales offsets of the fp16 fields of a block
    BlockFormat(int elements, int bytes, int... scales) {
        this.elements = elements;
        this.bytes = bytes;
        this.scales = scales;
    }

    /// Elements of a block; the length of a row is a multiple of it.
    public int elements() {
        return elements;
    }

    /// Bytes of a block.
    public int bytes() {
        return bytes;
    }

    /// Decodes the elements `[index, index + count)` of consecutive blocks to `out[at, at +
    /// count)`. Fast where whole blocks are asked for.
    public void decode(MemorySegment blocks, long index, float[] out, int at, int count) {
        Objects.checkFromIndexSize(at, count, out.length);
        long end = index + count;
        float[] whole = null;
        for (long i = index; i < end; ) {
            long block = i / elements;
            int skip = (int) (i % elements);
            int n = (int) Math.min(elements - skip, end - i);
            if (n == elements) {
                decodeBlock(blocks, block * bytes, out, at);
            } else {
                if (whole == null) whole = new float[elements];
                decodeBlock(blocks, block * bytes, whole, 0);
                System.arraycopy(whole, skip, out, at, n);
            }
            i += n;
            at += n;
        }
    }

    /// Decodes the block that begins at byte `from` to `out[at, at + elements())`.
    public void decodeBlock(MemorySegment data, long from, float[] out, int at) {
        switch (this) {
            case Q4_0 -> SmallBlocks.q4(data, from, out, at);
            case Q4_1 -> SmallBlocks.q4WithMinimum(data, from, out, at);
            case Q5_0 -> SmallBlocks.q5(data, from, out, at);
            case Q5_1 -> SmallBlocks.q5WithMinimum(data, from, out, at);
            case Q8_0 -> SmallBlocks.q8(data, from, out, at);
            case Q4_K -> KBlocks.q4(data, from, out, at);
            case Q5_K -> KBlocks.q5(data, from, out, at);
            case Q6_K -> KBlocks.q6(data, from, out, at);
        }
    }

    /// The six-bit scale of sub-block `j` of the Q4_K or Q5_K block that begins at byte `from`.
    public static int kScale(MemorySegment data, long from, int j) {
        return KBlocks.scale(data, from + KBlocks.SCALES, j);
    }

    /// The six-bit minimum of sub-block `j` of the Q4_K or Q5_K block that begins at byte `from`.
    public static int kMinimum(MemorySegment data, long from, int j) {
        return KBlocks.minimum(data, from + KBlocks.SCALES, j);
    }

    /// Where the first scale lies that is NaN or infinite, in bytes from the start of `blocks`; -1
    /// if all are finite, and with them all elements.
    public long firstBadScale(MemorySegment blocks) {
        long size = blocks.byteSize();
        int carries = 0;
        for (int field : scales)
            for (long at = field; at < size; at += bytes)
                carries |= (blocks.get(SHORT, at) & EXPONENT) + EXPONENT_ONE;
        if ((carries & CARRY) == 0) return -1;
        for (long block = 0; block < size; block += bytes)
            for (int field : scales)
                if (!isFinite(blocks.get(SHORT, block + field))) return block + field;
        return -1;
    }

    /// Of fp16 bits.
    static boolean isFinite(short half) {
        return (half & EXPONENT) != EXPONENT;
    }

    /// The fp16 number at byte `at`.
    static float half(MemorySegment data, long at) {
        return Float.float16ToFloat(data.get(SHORT, at));
    }
}
