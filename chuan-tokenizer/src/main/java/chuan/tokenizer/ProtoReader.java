package chuan.tokenizer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/// Reads the protobuf wire format (developers.google.com/protocol-buffers/docs/encoding) from a
/// byte array, field by field. Every length is checked against the enclosing message; nothing is
/// allocated before that.
final class ProtoReader {
    static final int VARINT = 0;
    static final int FIXED64 = 1;
    static final int BYTES = 2;
    static final int FIXED32 = 5;

    private final String file;
    private final byte[] data;
    private final int end;
    private int position;
    private int field;
    private int wireType;

    ProtoReader(String file, byte[] data) {
        this(file, data, 0, data.length);
    }

    private ProtoReader(String file, byte[] data, int start, int end) {
        this.file = file;
        this.data = data;
        this.position = start;
        this.end = end;
    }

    /// Moves to the next field; false at the end of this message.
    boolean next() {
        if (position == end) {
            return false;
        }
        int start = position;
        long tag = varint();
        field = (int) (tag >>> 3);
        wireType = (int) (tag & 7);
        if (tag >>> 32 != 0 || field == 0) {
            throw malformed(start, "not a protobuf message (field number out of range)");
        }
        return true;
    }

    int field() {
        return field;
    }

    int position() {
        return position;
    }

    /// Value of a varint field; enum, bool, int32 and uint64 all look alike on the wire.
    long integer() {
        expect(VARINT, "a number");
        return varint();
    }

    boolean bool() {
        return integer() != 0;
    }

    float float32() {
        expect(FIXED32, "a 32-bit float");
        int at = take(4);
        return ByteBuffer.wrap(data, at, 4).order(ByteOrder.LITTLE_ENDIAN).getFloat();
    }

    ProtoReader message() {
        expect(BYTES, "a message");
        int length = length();
        int at = take(length);
        return new ProtoReader(file, data, at, at + length);
    }

    byte[] bytes() {
        expect(BYTES, "bytes");
        int length = length();
        int at = take(length);
        return java.util.Arrays.copyOfRange(data, at, at + length);
    }

    String string() {
        expect(BYTES, "a string");
        int length = length();
        int at = take(length);
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(data, at, length))
                    .toString();
        } catch (CharacterCodingException _) {
            throw malformed(at, "string is not valid UTF-8");
        }
    }

    void skip() {
        switch (wireType) {
            case VARINT -> varint();
            case FIXED64 -> take(8);
            case BYTES -> take(length());
            case FIXED32 -> take(4);
            default ->
                    throw malformed(
                            position, "not a protobuf message (wire type " + wireType + ")");
        }
    }

    MalformedTokenizerException malformed(long offset, String problem) {
        return new MalformedTokenizerException(file, offset, problem);
    }

    private void expect(int wanted, String what) {
        if (wireType != wanted) {
            throw malformed(
                    position,
                    "field " + field + " should hold " + what + " but has wire type " + wireType);
        }
    }

    private long varint() {
        long value = 0;
        for (int shift = 0; shift < 70; shift += 7) {
            byte b = data[take(1)];
            value |= (long) (b & 0x7f) << shift;
            if (b >= 0) {
                return value;
            }
        }
        throw malformed(position, "number longer than ten bytes");
    }

    private int length() {
        int at = position;
        long length = varint();
        if (length < 0 || length > end - position) {
            throw malformed(
                    at,
                    "length "
                            + Long.toUnsignedString(length)
                            + " runs past the end (file cut off?)");
        }
        return (int) length;
    }

    private int take(int count) {
        if (count > end - position) {
            throw malformed(position, "file ends in the middle of a field");
        }
        int at = position;
        position += count;
        return at;
    }
}
