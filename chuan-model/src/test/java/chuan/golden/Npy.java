package chuan.golden;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/// Reads the recorded matrices: NumPy's format version 1, little-endian float32, C order.
public final class Npy {
    private static final Pattern SHAPE =
            Pattern.compile("'descr': '<f4'.*'fortran_order': False.*\\((\\d+), (\\d+)\\)");

    private Npy() {}

    public static float[][] matrix(Path file) {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        var buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int headerBytes = buffer.getShort(8);
        var header = new String(bytes, 10, headerBytes, StandardCharsets.US_ASCII);
        var shape = SHAPE.matcher(header);
        if (!shape.find()) throw new IllegalArgumentException(file + ": " + header);
        var out = new float[Integer.parseInt(shape.group(1))][Integer.parseInt(shape.group(2))];
        buffer.position(10 + headerBytes);
        var floats = buffer.asFloatBuffer();
        for (float[] row : out) floats.get(row);
        return out;
    }
}
