package chuan.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;

/// Files that are whole or absent: written under a temporary name beside the target, forced to
/// disk, then renamed over it. A crash, a full disk or a second writer leaves the old file as it
/// was.
final class AtomicFile {
    private AtomicFile() {}

    /// Writes the content at the channel's position.
    interface Content {
        void writeTo(FileChannel out) throws IOException;
    }

    static void write(Path target, Content content) throws IOException {
        Path folder = target.toAbsolutePath().getParent();
        if (folder == null) throw new IOException(target + " is not a file");
        Path temporary = Files.createTempFile(folder, "." + target.getFileName(), ".part");
        try {
            try (var out = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
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

    static void writeText(Path target, String text) throws IOException {
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
