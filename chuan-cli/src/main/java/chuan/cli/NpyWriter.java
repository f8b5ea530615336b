package chuan.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/// Writes float32 matrices as numpy reads them (NEP 1, format version 1.0), row by row; the file
/// gets its name when it is complete.
final class NpyWriter implements AutoCloseable {
    private static final int ALIGNMENT = 64;

    private final Path target;
    private final Path temporary;
    private final FileChannel channel;
    private final long rows;
    private long written;

    /// @param shape `[rows, columns]`, or `[columns]` for one row
    NpyWriter(Path target, int... shape) throws IOException {
        this.target = target;
        this.temporary = target.resolveSibling(target.getFileName() + ".part");
        this.rows = shape.length == 1 ? 1 : shape[0];
        this.channel =
                FileChannel.open(
                        temporary,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE);
        write(header(shape));
    }

    void row(float[] values, int offset, int length) throws IOException {
        var bytes = ByteBuffer.allocate(length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values, offset, length);
        write(bytes);
        written++;
    }

    @Override
    public void close() throws IOException {
        channel.close();
        if (written == rows) Files.move(temporary, target, StandardCopyOption.REPLACE_EXISTING);
        else Files.deleteIfExists(temporary);
    }

    private void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) channel.write(bytes);
    }

    private static ByteBuffer header(int[] shape) {
        var dims = new StringBuilder();
        for (int n : shape) dims.append(n).append(", ");
        String text =
                "{'descr': '<f4', 'fortran_order': False, 'shape': ("
                        + dims.substring(0, dims.length() - (shape.length == 1 ? 1 : 2))
                        + "), }";
        int length = 10 + text.length() + 1;
        int padding = (ALIGNMENT - length % ALIGNMENT) % ALIGNMENT;
        byte[] body = (text + " ".repeat(padding) + "\n").getBytes(StandardCharsets.ISO_8859_1);
        var bytes = ByteBuffer.allocate(10 + body.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII));
        bytes.put((byte) 1).put((byte) 0).putShort((short) body.length).put(body);
        return bytes.flip();
    }
}
