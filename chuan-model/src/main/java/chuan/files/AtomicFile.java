package chuan.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/// Files that are whole or absent: written under a temporary name beside the target, forced to
/// disk, then renamed over it. A crash, a full disk or a second writer leaves the old file as it
/// was. The temporary file is locked while it is written: one that nobody holds is left over from a
/// process that was killed, and goes when the same target is written again.
public final class AtomicFile {
    private static final String PART = ".part";

    private AtomicFile() {}

    /// Writes the content at the channel's position.
    interface Content {
        void writeTo(FileChannel out) throws IOException;
    }

    static void write(Path target, Content content) throws IOException {
        Path folder = target.toAbsolutePath().getParent();
        if (folder == null) throw new IOException(target + " is not a file");
        removeLeftOvers(folder, "." + target.getFileName());
        Path temporary = Files.createTempFile(folder, "." + target.getFileName(), PART);
        try {
            try (var out = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                tryLock(out);
                content.writeTo(out);
                out.force(true);
            }
            readableByOthers(temporary);
            Files.move(
                    temporary,
                    target,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /// Temporary files of this target that no process writes any more.
    private static void removeLeftOvers(Path folder, String prefix) throws IOException {
        List<Path> found;
        try (var files = Files.list(folder)) {
            found = files.filter(file -> isTemporary(file, prefix)).toList();
        }
        for (Path file : found) {
            boolean free;
            try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                free = tryLock(channel);
            } catch (IOException _) {
                free = false; // another process was faster, or it is another user's
            }
            if (free) Files.deleteIfExists(file);
        }
    }

    private static boolean isTemporary(Path file, String prefix) {
        String name = String.valueOf(file.getFileName());
        return name.startsWith(prefix)
                && name.endsWith(PART)
                && name.length() > prefix.length() + PART.length()
                && name.substring(prefix.length(), name.length() - PART.length())
                        .chars()
                        .allMatch(Character::isDigit);
    }

    /// Whether nobody held it. It is held until the channel closes; not on file systems without
    /// locks, where nothing left over is found either.
    private static boolean tryLock(FileChannel file) {
        try {
            return file.tryLock() != null;
        } catch (IOException | OverlappingFileLockException _) {
            return false;
        }
    }

    /// Creates or replaces a text file, as UTF-8.
    public static void writeText(Path target, String text) throws IOException {
        write(
                target,
                out -> {
                    var bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
                    while (bytes.hasRemaining()) out.write(bytes);
                });
    }

    /// Gives a folder that was created as a private temporary one the usual permissions.
    static void readableFolder(Path folder) throws IOException {
        permit(folder, "rwxr-xr-x");
    }

    /// Temporary files are private to their owner; a finished file is as readable as any other.
    private static void readableByOthers(Path file) throws IOException {
        permit(file, "rw-r--r--");
    }

    private static void permit(Path file, String permissions) throws IOException {
        var view = Files.getFileAttributeView(file, PosixFileAttributeView.class);
        if (view != null) view.setPermissions(PosixFilePermissions.fromString(permissions));
    }
}
