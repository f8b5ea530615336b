package chuan.files;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/// Makes [GgufValue]s of Java values.
public final class GgufValues {
    private GgufValues() {}

    /// Of a natural number, as UINT32.
    public static GgufValue of(int value) {
        return new GgufValue.Whole(GgufType.UINT32, Integer.toUnsignedLong(value));
    }

    /// As FLOAT32.
    public static GgufValue of(float value) {
        return new GgufValue.Real(GgufType.FLOAT32, value);
    }

    public static GgufValue of(boolean value) {
        return new GgufValue.Flag(value);
    }

    public static GgufValue of(String text) {
        return new GgufValue.Text(utf8(text));
    }

    /// An array of UINT8.
    public static GgufValue of(byte[] values) {
        return new GgufValue.Array(GgufType.UINT8, values.length, MemorySegment.ofArray(values));
    }

    /// An array of INT32.
    public static GgufValue of(int[] values) {
        var bytes = MemorySegment.ofArray(new byte[Math.multiplyExact(values.length, 4)]);
        for (int i = 0; i < values.length; i++) bytes.set(TensorData.INT, 4L * i, values[i]);
        return new GgufValue.Array(GgufType.INT32, values.length, bytes);
    }

    /// An array of FLOAT32.
    public static GgufValue of(float[] values) {
        var bytes = MemorySegment.ofArray(new byte[Math.multiplyExact(values.length, 4)]);
        MemorySegment.copy(values, 0, bytes, TensorData.FLOAT, 0, values.length);
        return new GgufValue.Array(GgufType.FLOAT32, values.length, bytes);
    }

    /// An array of strings.
    public static GgufValue of(String[] texts) {
        long size = 0;
        var parts = new MemorySegment[texts.length];
        for (int i = 0; i < texts.length; i++) {
            parts[i] = utf8(texts[i]);
            size += Long.BYTES + parts[i].byteSize();
        }
        var bytes = MemorySegment.ofArray(new byte[Math.toIntExact(size)]);
        long at = 0;
        for (MemorySegment part : parts) {
            bytes.set(TensorData.LONG, at, part.byteSize());
            MemorySegment.copy(part, 0, bytes, at + Long.BYTES, part.byteSize());
            at += Long.BYTES + part.byteSize();
        }
        return new GgufValue.Array(GgufType.STRING, texts.length, bytes);
    }

    private static MemorySegment utf8(String text) {
        return MemorySegment.ofArray(text.getBytes(StandardCharsets.UTF_8));
    }
}
