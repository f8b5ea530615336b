package chuan.tokenizer;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/// Writes the protobuf wire format; the counterpart of [ProtoReader].
final class ProtoWriter {
    private final ByteArrayOutputStream out;

    ProtoWriter() {
        this(new ByteArrayOutputStream());
    }

    ProtoWriter(ByteArrayOutputStream out) {
        this.out = out;
    }

    /// An int32, enum or int64 field; negative numbers take ten bytes, as protobuf does.
    void integer(int field, long value) {
        tag(field, ProtoReader.VARINT);
        varint(value);
    }

    void bool(int field, boolean value) {
        integer(field, value ? 1 : 0);
    }

    void float32(int field, float value) {
        tag(field, ProtoReader.FIXED32);
        int bits = Float.floatToRawIntBits(value);
        for (int shift = 0; shift < 32; shift += 8) {
            out.write(bits >>> shift);
        }
    }

    void string(int field, String value) {
        bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }

    void bytes(int field, byte[] value) {
        tag(field, ProtoReader.BYTES);
        varint(value.length);
        out.writeBytes(value);
    }

    void message(int field, ProtoWriter message) {
        bytes(field, message.out.toByteArray());
    }

    private void tag(int field, int wireType) {
        varint((long) field << 3 | wireType);
    }

    private void varint(long value) {
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            out.write((int) ((rest & 0x7f) | 0x80));
            rest >>>= 7;
        }
        out.write((int) rest);
    }
}
