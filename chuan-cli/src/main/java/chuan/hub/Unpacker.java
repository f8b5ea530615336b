package chuan.hub;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipInputStream;

/// Unpacks archives of strangers into a folder: plain files only, none outside of it, and no more
/// than fits. All of an archive arrives, or nothing.
public final class Unpacker {
    private static final int BLOCK = 512;
    private static final int LONGEST_NAME = 4096;

    private final Path folder;
    private final long mostBytes;
    private final int mostFiles;

    /// @param mostBytes of all files together
    public Unpacker(Path folder, long mostBytes, int mostFiles) {
        this.folder = folder;
        this.mostBytes = mostBytes;
        this.mostFiles = mostFiles;
    }

    public static boolean isArchive(String name) {
        return name.endsWith(".zip") || name.endsWith(".tar");
    }

    /// Files of the same names are replaced.
    ///
    /// @return how many there were
    /// @throws HubException naming the archive and what is wrong with it
    public int unpack(Path archive) throws IOException {
        Path room = Files.createTempDirectory(folder, Manifest.RESERVED + "-unpack");
        try (var in = new BufferedInputStream(Files.newInputStream(archive))) {
            var unpacking = new Unpacking(archive, room);
            if (archive.toString().endsWith(".zip")) unpacking.zip(in);
            else unpacking.tar(in);
            for (Path file : unpacking.files) moveIn(room, file);
            return unpacking.files.size();
        } catch (EOFException _) {
            throw new HubException(archive + ": is cut off; fetch it again");
        } catch (ZipException e) {
            throw new HubException(
                    archive + ": is damaged: " + e.getMessage() + "; fetch it again");
        } finally {
            delete(room);
        }
    }

    private void moveIn(Path room, Path file) throws IOException {
        Path target = folder.resolve(room.relativize(file).toString());
        Files.createDirectories(target.getParent());
        Files.move(
                file, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static void delete(Path room) throws IOException {
        try (var all = Files.walk(room)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) Files.delete(path);
        }
    }

    private final class Unpacking {
        private final Path archive;
        private final Path room;
        private final List<Path> files = new ArrayList<>();
        private long bytes;

        Unpacking(Path archive, Path room) {
            this.archive = archive;
            this.room = room;
        }

        private HubException wrong(String why) {
            return new HubException(archive + ": " + why + "; refused");
        }

        private HubException cutOff() {
            return new HubException(archive + ": is cut off; fetch it again");
        }

        void zip(InputStream in) throws IOException {
            var zip = new ZipInputStream(in, StandardCharsets.UTF_8);
            ZipEntry entry;
            while ((entry = zip.getNextEntry()) != null) {
                if (entry.isDirectory()) continue;
                store(entry.getName(), zip, Long.MAX_VALUE);
            }
            if (files.isEmpty()) throw wrong("is no archive with files");
        }

        /// POSIX ustar, with long names as GNU and as pax write them.
        void tar(InputStream in) throws IOException {
            String longName = "";
            byte[] header = new byte[BLOCK];
            while (true) {
                int read = in.readNBytes(header, 0, BLOCK);
                if (read == 0) break;
                if (read < BLOCK) throw cutOff();
                if (Arrays.equals(header, new byte[BLOCK])) break;
                checkSum(header);
                long size = octal(header, 124, 12);
                char type = (char) header[156];
                switch (type) {
                    case '0', '\0' -> {
                        store(longName.isEmpty() ? name(header) : longName, in, size);
                        longName = "";
                    }
                    case '5' -> in.skipNBytes(size);
                    case 'L' -> longName = text(shortBytes(in, size));
                    case 'x' -> longName = paxPath(shortBytes(in, size));
                    case 'g' -> in.skipNBytes(size);
                    default -> throw wrong("holds something that is no file: " + name(header));
                }
                in.skipNBytes(Math.floorMod(-size, (long) BLOCK));
            }
            if (files.isEmpty()) throw wrong("is no archive with files");
        }

        private byte[] shortBytes(InputStream in, long size) throws IOException {
            if (size > LONGEST_NAME) throw wrong("holds a name of " + size + " bytes");
            byte[] bytes = in.readNBytes((int) size);
            if (bytes.length < size) throw cutOff();
            return bytes;
        }

        private void checkSum(byte[] header) {
            long expected = octal(header, 148, 8);
            long sum = 0;
            for (int i = 0; i < BLOCK; i++)
                sum += i >= 148 && i < 156 ? ' ' : Byte.toUnsignedInt(header[i]);
            if (sum != expected) throw wrong("is no tar archive, or damaged");
        }

        private long octal(byte[] header, int from, int length) {
            String digits =
                    new String(header, from, length, StandardCharsets.US_ASCII)
                            .replace('\0', ' ')
                            .strip();
            if (!digits.matches("[0-7]{1,12}")) throw wrong("is no tar archive, or damaged");
            return Long.parseLong(digits, 8);
        }

        private static String name(byte[] header) {
            boolean ustar = new String(header, 257, 5, StandardCharsets.US_ASCII).equals("ustar");
            String prefix = ustar ? text(slice(header, 345, 155)) : "";
            String name = text(slice(header, 0, 100));
            return prefix.isEmpty() ? name : prefix + "/" + name;
        }

        private static byte[] slice(byte[] header, int from, int length) {
            return Arrays.copyOfRange(header, from, from + length);
        }

        private static String text(byte[] bytes) {
            int end = 0;
            while (end < bytes.length && bytes[end] != 0) end++;
            return new String(bytes, 0, end, StandardCharsets.UTF_8);
        }

        private static String paxPath(byte[] record) {
            for (String line : text(record).split("\n"))
                if (line.contains(" path=")) return line.substring(line.indexOf(" path=") + 6);
            return "";
        }

        private void store(String name, InputStream in, long size) throws IOException {
            String clean = name.startsWith("./") ? name.substring(2) : name;
            boolean litter = clean.startsWith("__MACOSX/") || clean.endsWith(".DS_Store");
            Path target;
            try {
                target = new HubFile(clean, 0, null, "").in(room);
            } catch (HubException _) {
                throw wrong("holds \"" + printable(clean) + "\", not a name to write to");
            }
            if (files.size() >= mostFiles) throw wrong("holds more than " + mostFiles + " files");
            Files.createDirectories(target.getParent());
            try (var out = Files.newOutputStream(target)) {
                long copied = copy(in, out, size);
                if (size != Long.MAX_VALUE && copied < size) throw cutOff();
            }
            if (litter) Files.delete(target);
            else files.add(target);
        }

        /// @return at most `size`
        private long copy(InputStream in, OutputStream out, long size) throws IOException {
            byte[] buffer = new byte[1 << 16];
            long copied = 0;
            while (copied < size) {
                int read = in.read(buffer, 0, (int) Math.min(buffer.length, size - copied));
                if (read < 0) break;
                bytes += read;
                if (bytes > mostBytes) throw wrong("unpacks to more than " + mostBytes + " bytes");
                out.write(buffer, 0, read);
                copied += read;
            }
            return copied;
        }

        private static String printable(String name) {
            var text = new StringBuilder();
            for (char c : name.toCharArray()) text.append(HubFile.isUnprintable(c) ? '?' : c);
            return text.length() > 100 ? text.substring(0, 100) + "…" : text.toString();
        }
    }
}
