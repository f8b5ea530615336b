package chuan.corpus;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.zip.GZIPOutputStream;

/// A file that appears under its name only when it is complete. Close without [#commit] and nothing
/// is left. Names ending in `.gz` are compressed, with a header that holds no time, so equal
/// content gives equal bytes.
final class AtomicFile implements AutoCloseable {
    private final Path target;
    private final Path temporary;
    private final OutputStream out;
    private boolean committed;

    AtomicFile(Path target) {
        this.target = target;
        this.temporary = target.resolveSibling(target.getFileName() + ".part");
        try {
            Files.createDirectories(target.toAbsolutePath().getParent());
            OutputStream file = new BufferedOutputStream(Files.newOutputStream(temporary), 1 << 16);
            this.out =
                    target.getFileName().toString().endsWith(".gz")
                            ? new GZIPOutputStream(file, 1 << 16)
                            : file;
        } catch (IOException e) {
            throw new CorpusException(target + ": cannot be written: " + e.getMessage(), e);
        }
    }

    static void write(Path target, String text) {
        try (var file = new AtomicFile(target)) {
            file.append(text);
            file.commit();
        }
    }

    void append(String text) {
        try {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new CorpusException(temporary + ": cannot be written: " + e.getMessage(), e);
        }
    }

    void commit() {
        try {
            out.close();
            Files.move(
                    temporary,
                    target,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
            committed = true;
        } catch (IOException e) {
            throw new CorpusException(target + ": cannot be written: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        if (committed) {
            return;
        }
        try {
            out.close();
            Files.deleteIfExists(temporary);
        } catch (IOException e) {
            throw new CorpusException(temporary + ": cannot be removed: " + e.getMessage(), e);
        }
    }
}
