package chuan.files;

import static chuan.files.TensorData.LONG;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.ToLongFunction;
import java.util.stream.LongStream;

/// Looks for NaN and infinity in stored tensors: at plain numbers all, at quantized ones the fp16
/// scales, which alone can make an element anything but finite.
///
/// For a mapped file this is the first and only time that it is read as a whole: several threads
/// take a piece each and ask the operating system for all of it before they look. What they read
/// stays in the page cache for the first token.
final class FiniteCheck {
    /// Bytes of a piece, about: long enough to be read at the speed of the disk.
    private static final long PIECE = 4 << 20;

    /// Of plain numbers, eight bytes are looked at together.
    private static final int WORD = Long.BYTES;

    // An exponent of all ones for each number in eight bytes.
    private static final long F64_EXPONENTS = 0x7ff0_0000_0000_0000L;
    private static final long F32_EXPONENTS = 0x7f80_0000_7f80_0000L;
    private static final long BF16_EXPONENTS = 0x7f80_7f80_7f80_7f80L;
    private static final long F16_EXPONENTS = 0x7c00_7c00_7c00_7c00L;

    private FiniteCheck() {}

    /// @throws MalformedFileException naming the tensor and the first element or scale that is not
    ///   finite
    static void check(TensorData tensor) {
        switch (tensor.dtype()) {
            case F64 -> checkPlain(tensor, F64_EXPONENTS);
            case F32 -> checkPlain(tensor, F32_EXPONENTS);
            case BF16 -> checkPlain(tensor, BF16_EXPONENTS);
            case F16 -> checkPlain(tensor, F16_EXPONENTS);
            case I64, I32, I16, I8, U8, BOOL -> {}
            case Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K -> {
                var block = tensor.dtype().block().orElseThrow();
                checkScales(tensor, block.bytes(), block::firstBadScale);
            }
            case PANEL4, PANEL8 -> {
                var panels = tensor.dtype().panels().orElseThrow();
                checkScales(tensor, panels.superblockBytes(), panels::firstBadScale);
            }
        }
    }

    /// Bytes that can be looked at alone.
    static int unit(DType dtype) {
        if (dtype.panels().isPresent()) return dtype.panels().get().superblockBytes();
        return dtype.block().isPresent() ? dtype.block().get().bytes() : WORD;
    }

    /// Whether whole units of a tensor hold no NaN or infinity.
    static boolean isFinite(DType dtype, MemorySegment piece) {
        return switch (dtype) {
            case F64 -> firstBadWord(piece, F64_EXPONENTS) < 0;
            case F32 -> firstBadWord(piece, F32_EXPONENTS) < 0;
            case BF16 -> firstBadWord(piece, BF16_EXPONENTS) < 0;
            case F16 -> firstBadWord(piece, F16_EXPONENTS) < 0;
            case I64, I32, I16, I8, U8, BOOL -> true;
            case Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K ->
                    dtype.block().orElseThrow().firstBadScale(piece) < 0;
            case PANEL4, PANEL8 -> dtype.panels().orElseThrow().firstBadScale(piece) < 0;
        };
    }

    /// @param exponents of as many numbers as eight bytes hold
    private static void checkPlain(TensorData tensor, long exponents) {
        long bad = firstBad(tensor.data(), WORD, piece -> firstBadWord(piece, exponents));
        if (bad < 0) return;
        int size = tensor.dtype().bytes();
        for (long i = bad / size; i < tensor.elements(); i++) {
            double value =
                    tensor.dtype() == DType.F64
                            ? tensor.data().get(TensorData.DOUBLE, i * size)
                            : tensor.get(i);
            if (!Double.isFinite(value)) throw notFinite(tensor, "element " + i, value);
        }
    }

    private static void checkScales(
            TensorData tensor, int unit, ToLongFunction<MemorySegment> firstBadScale) {
        long bad = firstBad(tensor.data(), unit, firstBadScale);
        if (bad >= 0)
            throw notFinite(
                    tensor,
                    "the scale at byte " + (tensor.offset() + bad) + " of the file",
                    Float.float16ToFloat(tensor.data().get(TensorData.SHORT, bad)));
    }

    /// The smallest offset in `data` that `search` finds in any piece; -1 if none.
    ///
    /// @param unit what pieces are multiples of, in bytes
    /// @param search gives an offset in its piece, or -1
    private static long firstBad(
            MemorySegment data, int unit, ToLongFunction<MemorySegment> search) {
        long size = data.byteSize();
        long step = PIECE / unit * unit;
        if (size <= step) return search.applyAsLong(data);
        return LongStream.range(0, Math.ceilDiv(size, step))
                .parallel()
                .map(i -> {
                    long from = i * step;
                    var piece = data.asSlice(from, Math.min(step, size - from));
                    if (piece.isMapped()) piece.load();
                    long bad = search.applyAsLong(piece);
                    return bad < 0 ? bad : from + bad;
                })
                .filter(bad -> bad >= 0)
                .findFirst()
                .orElse(-1);
    }

    /// Where the first eight bytes begin that hold a number whose exponent is all ones; -1 if none
    /// do. Without a branch for each: adding one to such an exponent carries into the bit above it,
    /// in every lane at once.
    private static long firstBadWord(MemorySegment piece, long exponents) {
        long ones = exponents & ~(exponents << 1);
        long carry = (exponents << 1) & ~exponents;
        int words = (int) (piece.byteSize() / WORD);
        long tail = tail(piece, words);
        long carries = (tail & exponents) + ones;
        for (int i = 0; i < words; i++)
            carries |= (piece.get(LONG, (long) i * WORD) & exponents) + ones;
        if ((carries & carry) == 0) return -1;
        for (int i = 0; i < words; i++)
            if ((((piece.get(LONG, (long) i * WORD) & exponents) + ones) & carry) != 0)
                return (long) i * WORD;
        return (long) words * WORD;
    }

    /// The bytes behind the last whole word, and zeros.
    private static long tail(MemorySegment piece, int words) {
        long tail = 0;
        long at = (long) words * WORD;
        for (int shift = 0; at < piece.byteSize(); at++, shift += Byte.SIZE)
            tail |= (piece.get(ValueLayout.JAVA_BYTE, at) & 0xffL) << shift;
        return tail;
    }

    private static MalformedFileException notFinite(TensorData tensor, String what, double value) {
        return MalformedFileException.tensor(
                tensor.file(),
                tensor.name(),
                what
                        + " is "
                        + value
                        + "; the file is damaged or training had diverged; take another copy");
    }
}
