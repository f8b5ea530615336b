package chuan.files;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Writes GGUF files of version 3: keys and tensors in the order given, each tensor asked for when
/// its turn comes. The file stands under a temporary name until it is whole. Offsets leave no
/// holes, as llama.cpp wants it.
public final class GgufWriter {
    private static final int VERSION = 3;

    private final byte[] head;
    private final int alignment;
    private final List<TensorSource> tensors;

    /// @param values keys without the alignment, which is added where it is not the usual one
    /// @param alignment of tensors in the file, a power of two
    public GgufWriter(Map<String, GgufValue> values, int alignment, List<TensorSource> tensors) {
        if (Integer.bitCount(alignment) != 1)
            throw new IllegalArgumentException("alignment " + alignment);
        this.alignment = alignment;
        this.tensors = List.copyOf(tensors);
        var keys = new LinkedHashMap<>(values);
        if (alignment != GgufFile.DEFAULT_ALIGNMENT)
            keys.put(GgufFile.ALIGNMENT, GgufValues.of(alignment));
        head = head(keys);
    }

    /// Bytes of the file.
    public long fileBytes() {
        long sum = head.length;
        for (TensorSource tensor : tensors) sum += aligned(tensor.byteCount());
        return sum;
    }

    /// Bytes of the tensors: what the progress counts.
    public long tensorBytes() {
        long sum = 0;
        for (TensorSource tensor : tensors) sum += tensor.byteCount();
        return sum;
    }

    /// Replaces what stood under this name.
    public void write(Path file, WriteProgress progress) throws IOException {
        AtomicFile.write(
                file,
                out -> {
                    TensorStream.writeFully(out, ByteBuffer.wrap(head));
                    try (var stream = new TensorStream(out, progress)) {
                        for (TensorSource tensor : tensors) {
                            stream.write(tensor);
                            long gap = aligned(tensor.byteCount()) - tensor.byteCount();
                            TensorStream.writeFully(out, ByteBuffer.allocate((int) gap));
                        }
                    }
                });
    }

    private long aligned(long bytes) {
        return Math.ceilDiv(bytes, (long) alignment) * alignment;
    }

    private byte[] head(Map<String, GgufValue> keys) {
        var bytes = new ByteArrayOutputStream();
        try (var out = new DataOutputStream(bytes)) {
            u32(out, GgufFile.MAGIC);
            u32(out, VERSION);
            u64(out, tensors.size());
            u64(out, keys.size());
            for (var key : keys.entrySet()) {
                string(out, key.getKey());
                u32(out, key.getValue().type().ordinal());
                value(out, key.getValue());
            }
            describeTensors(out);
            while (out.size() % alignment != 0) out.write(0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private void describeTensors(DataOutputStream out) throws IOException {
        var names = new HashSet<String>();
        long offset = 0;
        for (TensorSource tensor : tensors) {
            if (!names.add(tensor.name()))
                throw new IllegalArgumentException(tensor.name() + " is written twice");
            string(out, tensor.name());
            long[] shape = tensor.shape();
            u32(out, shape.length);
            for (int i = shape.length - 1; i >= 0; i--) u64(out, shape[i]);
            u32(
                    out,
                    GgufTensorTypes.number(tensor.dtype())
                            .orElseThrow(() ->
                                    new IllegalArgumentException(
                                            tensor.dtype() + " has no number in GGUF")));
            u64(out, offset);
            offset = Math.addExact(offset, aligned(tensor.byteCount()));
        }
    }

    private static void value(DataOutputStream out, GgufValue value) throws IOException {
        switch (value) {
            case GgufValue.Whole(var type, long number) -> little(out, number, type.bytes());
            case GgufValue.Real(var type, double number) ->
                    little(
                            out,
                            type == GgufType.FLOAT32
                                    ? Float.floatToRawIntBits((float) number)
                                    : Double.doubleToRawLongBits(number),
                            type.bytes());
            case GgufValue.Flag(boolean flag) -> out.write(flag ? 1 : 0);
            case GgufValue.Text(var bytes) -> {
                u64(out, bytes.byteSize());
                out.write(bytes.toArray(ValueLayout.JAVA_BYTE));
            }
            case GgufValue.Array(var elements, long count, var bytes) -> {
                u32(out, elements.ordinal());
                u64(out, count);
                out.write(bytes.toArray(ValueLayout.JAVA_BYTE));
            }
        }
    }

    private static void string(DataOutputStream out, String text) throws IOException {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        u64(out, utf8.length);
        out.write(utf8);
    }

    private static void u32(DataOutputStream out, int value) throws IOException {
        little(out, value, Integer.BYTES);
    }

    private static void u64(DataOutputStream out, long value) throws IOException {
        little(out, value, Long.BYTES);
    }

    private static void little(DataOutputStream out, long value, int bytes) throws IOException {
        for (int i = 0; i < bytes; i++) out.write((int) (value >>> (Byte.SIZE * i)));
    }
}
