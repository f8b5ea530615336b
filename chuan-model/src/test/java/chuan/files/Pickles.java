package chuan.files;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
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

    /// The same archive as a shard above 4 GB has it: sizes and offsets of the directory in zip64
    /// fields, and the directory itself found through the zip64 end record.
    static byte[] zip64(byte[] pickle) {
        byte[] plain = zip(pickle);
        var old = ByteBuffer.wrap(plain).order(ByteOrder.LITTLE_ENDIAN);
        int end = plain.length - 22;
        int entries = old.getShort(end + 10);
        int directory = old.getInt(end + 16);
        var big = ByteBuffer.allocate(plain.length + 28 * entries + 76);
        big.order(ByteOrder.LITTLE_ENDIAN).put(plain, 0, directory);
        for (int at = directory; at < end; ) {
            int name = old.getShort(at + 28);
            int extra = old.getShort(at + 30);
            int start = big.position();
            big.put(plain, at, 46 + name).put(plain, at + 46 + name, extra);
            big.putShort((short) 1).putShort((short) 24);
            big.putLong(old.getInt(at + 24)).putLong(old.getInt(at + 20));
            big.putLong(old.getInt(at + 42));
            big.putInt(start + 20, -1).putInt(start + 24, -1).putInt(start + 42, -1);
            big.putShort(start + 30, (short) (extra + 28));
            at += 46 + name + extra;
        }
        long end64 = big.position();
        big.putInt(0x06064b50).putLong(44).putShort((short) 45).putShort((short) 45);
        big.putInt(0).putInt(0).putLong(entries).putLong(entries);
        big.putLong(end64 - directory).putLong(directory);
        big.putInt(0x07064b50).putInt(0).putLong(end64).putInt(1);
        big.putInt(0x06054b50).putInt(0).putShort((short) -1).putShort((short) -1);
        big.putInt(-1).putInt(-1).putShort((short) 0);
        return Arrays.copyOf(big.array(), big.position());
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
