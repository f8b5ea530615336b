package chuan.cli;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// The texts of files, one after the other, without holding more than one: a `.jsonl` has a
/// document per line, in `text`; any other file is one document; `.gz` is unpacked on the way.
record Documents(List<Path> files) implements Iterable<String> {
    private static final String PACKED = ".gz";

    @Override
    public Iterator<String> iterator() {
        return new Reader(files.iterator());
    }

    private static final class Reader implements Iterator<String> {
        private final Iterator<Path> files;
        private Path file = Path.of("");
        private @Nullable Lines lines;
        private int lineNumber;
        private @Nullable String ready;

        Reader(Iterator<Path> files) {
            this.files = files;
        }

        @Override
        public boolean hasNext() {
            try {
                while (ready == null && (lines != null || files.hasNext())) ready = read();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return ready != null;
        }

        @Override
        public String next() {
            String text = hasNext() ? ready : null;
            if (text == null) throw new NoSuchElementException();
            ready = null;
            return text;
        }

        private @Nullable String read() throws IOException {
            Lines current = lines;
            if (current != null) {
                String line = current.next();
                lineNumber++;
                if (line != null) return text(line);
                current.close();
                lines = null;
                return null;
            }
            file = files.next();
            lineNumber = 0;
            String name = file.getFileName().toString();
            boolean packed = name.endsWith(PACKED);
            boolean many = name.endsWith(".jsonl") || name.endsWith(".jsonl" + PACKED);
            InputStream raw = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
            InputStream in = packed ? new GZIPInputStream(raw, 1 << 16) : raw;
            if (many) {
                lines = new Lines(in);
                return null;
            }
            try (in) {
                return new String(in.readAllBytes(), StandardCharsets.UTF_8);
            }
        }

        private String text(String line) {
            String where = file + ": line " + lineNumber;
            JsonNode text = Json.read(line, where).path("text");
            if (!text.isString()) throw new CliException(where + ": no \"text\" in this object");
            return text.stringValue();
        }
    }
}
