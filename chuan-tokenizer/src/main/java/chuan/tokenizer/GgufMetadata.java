package chuan.tokenizer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;

/// The key-value part at the head of a GGUF file (ggml/docs/gguf.md, versions 2 and 3), without its
/// tensors. Lengths are checked against what is left of the file before anything is allocated.
final class GgufMetadata {
    private static final int MAGIC = 0x46554747; // "GGUF"
    private static final long MAXIMUM_BYTES = 256L << 20;
    private static final int MAXIMUM_ENTRIES = 1 << 24;
    private static final int DEEPEST_NESTING = 8;
    private static final int UINT8 = 0;
    private static final int INT8 = 1;
    private static final int UINT16 = 2;
    private static final int INT16 = 3;
    private static final int UINT32 = 4;
    private static final int INT32 = 5;
    private static final int FLOAT32 = 6;
    private static final int BOOL = 7;
    private static final int STRING = 8;
    private static final int ARRAY = 9;
    private static final int UINT64 = 10;
    private static final int INT64 = 11;
    private static final int FLOAT64 = 12;

    private final String file;
    private final ByteBuffer in;
    private final String prefix;

    private GgufMetadata(String file, ByteBuffer in, String prefix) {
        this.file = file;
        this.in = in.order(ByteOrder.LITTLE_ENDIAN);
        this.prefix = prefix;
    }

    static boolean isGguf(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer head = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
            return channel.read(head, 0) == 4 && head.getInt(0) == MAGIC;
        }
    }

    /// Values of the keys that start with `prefix`: Long, Double, Boolean, String, `String[]`,
    /// `int[]`, `float[]` or `byte[]`, by their type in the file; arrays of other types are left
    /// out.
    static Map<String, Object> read(Path file, String prefix) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = Math.min(channel.size(), MAXIMUM_BYTES);
            return parse(
                    file.toString(), channel.map(FileChannel.MapMode.READ_ONLY, 0, size), prefix);
        }
    }

    static Map<String, Object> parse(String file, ByteBuffer data, String prefix) {
        return new GgufMetadata(file, data, prefix).parse();
    }

    private Map<String, Object> parse() {
        need(24);
        int magic = in.getInt();
        int version = in.getInt();
        if (magic != MAGIC || (version != 2 && version != 3)) {
            throw malformed("not a GGUF file of version 2 or 3 (version " + version + ")");
        }
        in.getLong(); // tensors, not wanted here
        long count = in.getLong();
        Map<String, Object> values = new HashMap<>();
        for (long i = 0; Long.compareUnsigned(i, count) < 0; i++) {
            String key = string();
            need(4);
            int type = in.getInt();
            if (key.startsWith(prefix)) {
                value(key, type, values);
            } else {
                skip(type);
            }
        }
        return values;
    }

    private void value(String key, int type, Map<String, Object> values) {
        switch (type) {
            case STRING -> values.put(key, string());
            case ARRAY -> array(key, values);
            case BOOL -> {
                need(1);
                values.put(key, in.get() != 0);
            }
            case FLOAT32 -> {
                need(4);
                values.put(key, (double) in.getFloat());
            }
            case FLOAT64 -> {
                need(8);
                values.put(key, in.getDouble());
            }
            default -> values.put(key, integer(type));
        }
    }

    private long integer(int type) {
        need(width(type));
        return switch (type) {
            case UINT8 -> in.get() & 0xffL;
            case INT8 -> in.get();
            case UINT16 -> in.getShort() & 0xffffL;
            case INT16 -> in.getShort();
            case UINT32 -> Integer.toUnsignedLong(in.getInt());
            case INT32 -> in.getInt();
            default -> in.getLong();
        };
    }

    private void array(String key, Map<String, Object> values) {
        need(12);
        int type = in.getInt();
        long count = in.getLong();
        switch (type) {
            case STRING -> {
                String[] strings = new String[checkedCount(count, 8)];
                for (int i = 0; i < strings.length; i++) {
                    strings[i] = string();
                }
                values.put(key, strings);
            }
            case FLOAT32 -> {
                float[] floats = new float[checkedCount(count, 4)];
                in.slice(in.position(), floats.length * 4)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .asFloatBuffer()
                        .get(floats);
                in.position(in.position() + floats.length * 4);
                values.put(key, floats);
            }
            case INT32, UINT32 -> {
                int[] ints = new int[checkedCount(count, 4)];
                in.slice(in.position(), ints.length * 4)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .asIntBuffer()
                        .get(ints);
                in.position(in.position() + ints.length * 4);
                values.put(key, ints);
            }
            case UINT8, INT8 -> {
                byte[] bytes = new byte[checkedCount(count, 1)];
                in.get(bytes);
                values.put(key, bytes);
            }
            default -> skipElements(type, count, 1);
        }
    }

    private void skip(int type) {
        switch (type) {
            case STRING -> skipBytes(length());
            case ARRAY -> {
                need(12);
                int element = in.getInt();
                skipElements(element, in.getLong(), 1);
            }
            default -> skipBytes(width(type));
        }
    }

    private void skipElements(int type, long count, int depth) {
        if (type == STRING) {
            int strings = checkedCount(count, 8);
            for (int i = 0; i < strings; i++) {
                skipBytes(length());
            }
        } else if (type == ARRAY) {
            if (depth == DEEPEST_NESTING) {
                throw malformed("arrays are nested too deeply");
            }
            int arrays = checkedCount(count, 12);
            for (int i = 0; i < arrays; i++) {
                need(12);
                int element = in.getInt();
                skipElements(element, in.getLong(), depth + 1);
            }
        } else {
            int width = width(type);
            skipBytes((long) checkedCount(count, width) * width);
        }
    }

    private int width(int type) {
        return switch (type) {
            case UINT8, INT8, BOOL -> 1;
            case UINT16, INT16 -> 2;
            case UINT32, INT32, FLOAT32 -> 4;
            case UINT64, INT64, FLOAT64 -> 8;
            default -> throw malformed("value type " + type + " is unknown");
        };
    }

    private String string() {
        int length = Math.toIntExact(length());
        ByteBuffer bytes = in.slice(in.position(), length);
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
            in.position(in.position() + length);
            return text;
        } catch (CharacterCodingException _) {
            throw malformed("string is not valid UTF-8");
        }
    }

    private long length() {
        need(8);
        long length = in.getLong();
        if (length < 0 || length > in.remaining()) {
            throw malformed(
                    "length " + Long.toUnsignedString(length) + " runs past the end (cut off?)");
        }
        return length;
    }

    private int checkedCount(long count, int width) {
        if (count < 0 || count > MAXIMUM_ENTRIES || count > in.remaining() / width) {
            throw malformed(
                    "array of "
                            + Long.toUnsignedString(count)
                            + " entries is too long or runs past the end (cut off?)");
        }
        return (int) count;
    }

    private void skipBytes(long count) {
        need(count);
        in.position(in.position() + (int) count);
    }

    private void need(long bytes) {
        if (bytes > in.remaining()) {
            throw malformed("the metadata ends too early (file cut off?)");
        }
    }

    private MalformedTokenizerException malformed(String problem) {
        return new MalformedTokenizerException(file, in.position(), problem);
    }
}
