package chuan.files;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/// Builds checkpoints that `torch.save` would not: pickles instruction by instruction.
final class Pickles {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private Pickles() {}

    static Pickles protocol2() {
        return new Pickles().raw(0x80, 2);
    }

    Pickles raw(int... bytes) {
        for (int b : bytes) out.write(b);
        return this;
    }

    Pickles global(String module, String name) {
        return raw('c').ascii(module + "\n" + name + "\n");
    }

    Pickles string(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        return raw('X', utf8.length, utf8.length >> 8, 0, 0).ascii(text);
    }

    Pickles ascii(String text) {
        out.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
        return this;
    }

    /// The arguments of `_rebuild_tensor_v2` for an fp32 matrix `[2, 2]` on storage `0`, and the
    /// call.
    Pickles tensor(int offset, int rows, int columns, int rowStride, int columnStride) {
        return global("torch._utils", "_rebuild_tensor_v2")
                .raw('(')
                .raw('(')
                .string("storage")
                .global("torch", "FloatStorage")
                .string("0")
                .string("cpu")
                .raw('K', 4, 't', 'Q')
                .raw('K', offset, 'K', rows, 'K', columns, 0x86)
                .raw('K', rowStride, 'K', columnStride, 0x86)
                .raw(0x89)
                .global("collections", "OrderedDict")
                .raw(')', 'R', 't', 'R');
    }

    byte[] stop() {
        return raw('.').out.toByteArray();
    }

    /// A checkpoint around a pickle, with one storage of four fp32 numbers.
    static byte[] zip(byte[] pickle) {
        return zip(pickle, ZipEntry.STORED);
    }

    static byte[] zip(byte[] pickle, int method) {
        var bytes = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(bytes)) {
            entry(zip, "archive/data.pkl", pickle, method);
            entry(zip, "archive/data/0", new byte[16], method);
            entry(zip, "archive/version", new byte[] {'3', '\n'}, method);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static void entry(ZipOutputStream zip, String name, byte[] content, int method)
            throws IOException {
        var entry = new ZipEntry(name);
        var crc = new CRC32();
        crc.update(content);
        entry.setMethod(method);
        entry.setSize(content.length);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }
}
