package chuan.files;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/// A cursor over the head of a GGUF file. Every length and count is compared with the bytes that
/// are left before anything is done with it.
final class GgufReader {
    /// Names inside the file; the format allows keys of 65,535 bytes.
    private static final int LONGEST_NAME = 65_535;

    private static final int DEEPEST_NESTING = 8;
    private static final int STRING_HEAD = Long.BYTES;
    private static final int ARRAY_HEAD = Integer.BYTES + Long.BYTES;

    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

    private final Path file;
    private final MemorySegment bytes;
    private long at;

    GgufReader(Path file, MemorySegment bytes) {
        this.file = file;
        this.bytes = bytes;
    }

    long position() {
        return at;
    }

    long left() {
        return bytes.byteSize() - at;
    }

    int u32() {
        need(Integer.BYTES);
        int value = bytes.get(TensorData.INT, at);
        at += Integer.BYTES;
        return value;
    }

    long u64() {
        need(Long.BYTES);
        long value = bytes.get(TensorData.LONG, at);
        at += Long.BYTES;
        return value;
    }

    /// A number of things that take at least `each` bytes.
    ///
    /// @throws MalformedFileException if they do not fit into what is left
    long count(String things, int each) {
        long count = u64();
        checkFits(count, each, things);
        return count;
    }

    /// A key or the name of a tensor.
    String name() {
        long from = at;
        var text = string();
        if (text.byteSize() == 0 || text.byteSize() > LONGEST_NAME)
            throw MalformedFileException.atByte(
                    file, from, "a name of " + text.byteSize() + " bytes");
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(text.toArray(BYTE)))
                    .toString();
        } catch (CharacterCodingException _) {
            throw MalformedFileException.atByte(file, from, "a name that is not UTF-8");
        }
    }

    /// The value of a key.
    GgufValue value(String key) {
        int number = u32();
        var type = type(key, number);
        return switch (type) {
            case STRING -> new GgufValue.Text(string());
            case ARRAY -> array(key);
            case BOOL -> new GgufValue.Flag(take(1).get(BYTE, 0) != 0);
            case FLOAT32 -> new GgufValue.Real(type, take(4).get(TensorData.FLOAT, 0));
            case FLOAT64 -> new GgufValue.Real(type, take(8).get(TensorData.DOUBLE, 0));
            case UINT8 -> new GgufValue.Whole(type, take(1).get(BYTE, 0) & 0xffL);
            case INT8 -> new GgufValue.Whole(type, take(1).get(BYTE, 0));
            case UINT16 -> new GgufValue.Whole(type, take(2).get(TensorData.SHORT, 0) & 0xffffL);
            case INT16 -> new GgufValue.Whole(type, take(2).get(TensorData.SHORT, 0));
            case UINT32 -> new GgufValue.Whole(type, Integer.toUnsignedLong(u32()));
            case INT32 -> new GgufValue.Whole(type, u32());
            case UINT64, INT64 -> new GgufValue.Whole(type, u64());
        };
    }

    private GgufType type(String key, int number) {
        return GgufType.numbered(number)
                .orElseThrow(() ->
                        MalformedFileException.key(
                                file,
                                key,
                                "value type "
                                        + Integer.toUnsignedString(number)
                                        + " is unknown; 0 to 12 are known"));
    }

    private GgufValue.Array array(String key) {
        var elements = type(key, u32());
        long count = u64();
        long from = at;
        skipElements(key, elements, count, 1);
        return new GgufValue.Array(elements, count, bytes.asSlice(from, at - from));
    }

    private void skipElements(String key, GgufType elements, long count, int depth) {
        if (depth > DEEPEST_NESTING)
            throw MalformedFileException.key(file, key, "arrays are nested too deeply");
        switch (elements) {
            case STRING -> {
                checkFits(count, STRING_HEAD, "elements of the array " + key);
                for (long i = 0; i < count; i++) string();
            }
            case ARRAY -> {
                checkFits(count, ARRAY_HEAD, "elements of the array " + key);
                for (long i = 0; i < count; i++)
                    skipElements(key, type(key, u32()), u64(), depth + 1);
            }
            case UINT8,
                    INT8,
                    UINT16,
                    INT16,
                    UINT32,
                    INT32,
                    FLOAT32,
                    BOOL,
                    UINT64,
                    INT64,
                    FLOAT64 -> {
                checkFits(count, elements.bytes(), "elements of the array " + key);
                at += count * elements.bytes();
            }
        }
    }

    private MemorySegment string() {
        long length = u64();
        checkFits(length, 1, "bytes of a string");
        return take(length);
    }

    private MemorySegment take(long length) {
        need(length);
        var slice = bytes.asSlice(at, length);
        at += length;
        return slice;
    }

    private void checkFits(long count, int each, String things) {
        if (count < 0 || count > left() / each)
            throw MalformedFileException.atByte(
                    file,
                    at,
                    Long.toUnsignedString(count)
                            + " "
                            + things
                            + " do not fit into the "
                            + left()
                            + " bytes that are left: the file is damaged or cut short");
    }

    private void need(long wanted) {
        if (wanted > left())
            throw MalformedFileException.atByte(
                    file, at, "the file ends inside its metadata: cut short, download it again");
    }
}
