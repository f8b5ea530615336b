package chuan.cli;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/// What a user typed is nobody else's business: files and folders that only their owner can read,
/// where the system knows such a thing.
final class PrivateFiles {
    private PrivateFiles() {}

    private static FileAttribute<?>[] only(String permissions) {
        boolean posix = FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
        return posix
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString(permissions))
                }
                : new FileAttribute<?>[0];
    }

    static void createFolder(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) Files.createDirectories(folder, only("rwx------"));
    }

    /// An empty file, if there is none.
    static void createFile(Path file) throws IOException {
        if (!Files.exists(file)) Files.createFile(file, only("rw-------"));
    }

    /// The file gets its name when it is complete.
    static void write(Path file, String text) throws IOException {
        Path name = file.getFileName();
        if (name == null) throw new IOException("is not a file name");
        Path temporary = file.resolveSibling(name + ".part");
        Files.deleteIfExists(temporary);
        createFile(temporary);
        Files.writeString(temporary, text);
        Files.move(temporary, file, StandardCopyOption.REPLACE_EXISTING);
    }
}
