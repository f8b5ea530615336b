package chuan.files;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// Reading whole files: mapped, or small ones into an array.
final class MappedFile {
    private MappedFile() {}

    /// A read-only view of the whole file. It is unmapped when the last view of it is unreachable,
    /// so a back end may keep pieces of it without owning a file.
    static MemorySegment map(Path file) {
        try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            if (size == 0) return MemorySegment.NULL;
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, size, Arena.ofAuto());
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    /// @throws MalformedFileException if the file is longer than `limit` bytes
    static byte[] readSmall(Path file, int limit) {
        try (var in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(limit);
            if (in.read() >= 0)
                throw MalformedFileException.of(file, "is longer than " + limit + " bytes");
            return bytes;
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    private static RuntimeException unreadable(Path file, IOException e) {
        if (e instanceof NoSuchFileException)
            return MalformedFileException.of(file, "no such file");
        if (e instanceof AccessDeniedException)
            return MalformedFileException.of(file, "no permission to read it");
        if (Files.isDirectory(file))
            return MalformedFileException.of(file, "is a folder where a file is expected");
        return new UncheckedIOException(file + ": cannot be read: " + e.getMessage(), e);
    }
}
