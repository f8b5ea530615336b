package chuan.files;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/// The entries of a zip archive whose entries are stored, not compressed, as views of the mapped
/// file (format: PKWARE APPNOTE 6.3.10, sections 4.3.7, 4.3.12 to 4.3.16). `java.util.zip` would
/// copy them: a shard is 10 GB.
record StoredZip(Map<String, Entry> entries) {

    /// @param offset of the first byte of the content in the archive
    record Entry(MemorySegment bytes, long offset) {}

    private static final int END = 0x06054b50;
    private static final int END_BYTES = 22;
    private static final int END64_LOCATOR = 0x07064b50;
    private static final int END64_LOCATOR_BYTES = 20;
    private static final int END64 = 0x06064b50;
    private static final int CENTRAL = 0x02014b50;
    private static final int CENTRAL_BYTES = 46;
    private static final int LOCAL = 0x04034b50;
    private static final int LOCAL_BYTES = 30;
    private static final int LONGEST_COMMENT = 65_535;
    private static final int MOST_ENTRIES = 200_000;
    private static final long IN_EXTRA_FIELD = 0xffff_ffffL;

    /// Whether this looks like a zip archive at all.
    static boolean begins(MemorySegment bytes) {
        return bytes.byteSize() >= 4 && bytes.get(TensorData.INT, 0) == LOCAL;
    }

    static StoredZip parse(Path file, MemorySegment bytes) {
        return new Parser(file, bytes).parse();
    }

    private record Directory(long count, long offset, long size) {}

    private record Parser(Path file, MemorySegment bytes) {

        StoredZip parse() {
            var directory = directory();
            if (directory.count > MOST_ENTRIES)
                throw MalformedFileException.of(
                        file, directory.count + " zip entries are more than any model has");
            var entries = new LinkedHashMap<String, Entry>();
            long at = directory.offset;
            long end = at + directory.size;
            for (long i = 0; i < directory.count; i++) {
                need(at, CENTRAL_BYTES, end);
                if (bytes.get(TensorData.INT, at) != CENTRAL)
                    throw MalformedFileException.atByte(file, at, "expected a zip directory entry");
                int nameBytes = u16(at + 28);
                int extraBytes = u16(at + 30);
                long next = at + CENTRAL_BYTES + nameBytes + extraBytes + u16(at + 32);
                need(at, next - at, end);
                String name = text(at + CENTRAL_BYTES, nameBytes);
                if (entries.put(name, entry(name, at, nameBytes, extraBytes)) != null)
                    throw MalformedFileException.atByte(
                            file, at, "the zip entry " + name + " appears twice");
                at = next;
            }
            return new StoredZip(entries);
        }

        private Directory directory() {
            long last = bytes.byteSize() - END_BYTES;
            for (long at = last; at >= Math.max(0, last - LONGEST_COMMENT); at--) {
                if (bytes.get(TensorData.INT, at) != END || u16(at + 20) != last - at) continue;
                long count = u16(at + 10);
                long size = u32(at + 12);
                long offset = u32(at + 16);
                boolean big = count == 0xffff || size == IN_EXTRA_FIELD || offset == IN_EXTRA_FIELD;
                return within(big ? directory64(at) : new Directory(count, offset, size), at);
            }
            throw MalformedFileException.of(
                    file,
                    "the zip directory at its end is missing: the file is cut short, download it again");
        }

        private Directory directory64(long end) {
            long locator = end - END64_LOCATOR_BYTES;
            if (locator < 0 || bytes.get(TensorData.INT, locator) != END64_LOCATOR)
                throw MalformedFileException.atByte(file, end, "expected a zip64 locator before");
            long at = bytes.get(TensorData.LONG, locator + 8);
            need(at, 56, locator);
            if (bytes.get(TensorData.INT, at) != END64)
                throw MalformedFileException.atByte(file, at, "expected a zip64 directory end");
            return new Directory(
                    bytes.get(TensorData.LONG, at + 32),
                    bytes.get(TensorData.LONG, at + 48),
                    bytes.get(TensorData.LONG, at + 40));
        }

        private Directory within(Directory directory, long end) {
            need(directory.offset, directory.size, end);
            if (directory.count < 0)
                throw MalformedFileException.atByte(file, end, "a negative number of zip entries");
            return directory;
        }

        private Entry entry(String name, long at, int nameBytes, int extraBytes) {
            int method = u16(at + 10);
            if (method != 0)
                throw MalformedFileException.atByte(
                        file,
                        at,
                        "the zip entry "
                                + name
                                + " is compressed; save the checkpoint with torch.save");
            long[] sizes = {u32(at + 24), u32(at + 20), u32(at + 42)};
            widen(at + CENTRAL_BYTES + nameBytes, extraBytes, sizes);
            long size = sizes[0];
            long local = sizes[2];
            if (size != sizes[1])
                throw MalformedFileException.atByte(
                        file, at, "the stored zip entry " + name + " has two sizes");
            need(local, LOCAL_BYTES, bytes.byteSize());
            if (bytes.get(TensorData.INT, local) != LOCAL)
                throw MalformedFileException.atByte(file, local, "expected a zip entry");
            long content = local + LOCAL_BYTES + u16(local + 26) + u16(local + 28);
            need(content, size, bytes.byteSize());
            return new Entry(bytes.asSlice(content, size), content);
        }

        /// The zip64 extra field holds, in order, those of the values that did not fit.
        private void widen(long extra, int extraBytes, long[] values) {
            long end = extra + extraBytes;
            for (long at = extra; at + 4 <= end; at += 4L + u16(at + 2)) {
                if (u16(at) != 1) continue;
                long value = at + 4;
                for (int i = 0; i < values.length; i++) {
                    if (values[i] != IN_EXTRA_FIELD) continue;
                    need(value, Long.BYTES, end);
                    values[i] = bytes.get(TensorData.LONG, value);
                    value += Long.BYTES;
                }
                return;
            }
        }

        private void need(long at, long count, long end) {
            if (at < 0 || count < 0 || at > end - count)
                throw MalformedFileException.atByte(
                        file, Math.max(at, 0), "a zip structure reaches beyond its bounds");
        }

        private int u16(long at) {
            return bytes.get(TensorData.SHORT, at) & 0xffff;
        }

        private long u32(long at) {
            return bytes.get(TensorData.INT, at) & 0xffff_ffffL;
        }

        private String text(long at, int count) {
            return new String(
                    bytes.asSlice(at, count).toArray(ValueLayout.JAVA_BYTE),
                    StandardCharsets.UTF_8);
        }
    }
}
