package chuan.hub;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// One pull into a folder at a time. The lock ends with the process, however that ends.
record FolderLock(Path file, FileChannel channel) implements AutoCloseable {
    static FolderLock of(Path folder) throws IOException {
        Path file = folder.resolve(Manifest.RESERVED + ".lock");
        var channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (channel.tryLock() != null) return new FolderLock(file, channel);
        } catch (OverlappingFileLockException _) {
            // said below
        }
        channel.close();
        throw new HubException(folder + ": another chuan pull is writing here");
    }

    @Override
    public void close() throws IOException {
        Files.deleteIfExists(file);
        channel.close();
    }
}
