package chuan.corpus;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Reads a file of one JSON object a line (gzip when its name ends in `.gz`), one line in memory at
/// a time. Blank lines are skipped; anything else that is no object is an error with file and line.
final class JsonLines implements Iterator<JsonNode>, AutoCloseable {
    static final JsonMapper JSON = JsonMapper.shared();

    private final Path file;
    private final BufferedReader reader;
    private long lineNumber;
    private @Nullable String next;

    JsonLines(Path file) {
        this.file = file;
        try {
            reader =
                    new BufferedReader(
                            new InputStreamReader(open(file), StandardCharsets.UTF_8), 1 << 16);
        } catch (IOException e) {
            throw new CorpusException(file + ": cannot be read: " + e.getMessage(), e);
        }
        advance();
    }

    private static InputStream open(Path file) throws IOException {
        InputStream bytes = Files.newInputStream(file);
        try {
            return file.toString().endsWith(".gz") ? new GZIPInputStream(bytes, 1 << 16) : bytes;
        } catch (IOException e) {
            bytes.close();
            throw e;
        }
    }

    @Override
    public boolean hasNext() {
        return next != null;
    }

    @Override
    public JsonNode next() {
        String line = next;
        if (line == null) {
            throw new NoSuchElementException();
        }
        long number = lineNumber;
        advance();
        try {
            JsonNode node = JSON.readTree(line);
            if (node.isObject()) {
                return node;
            }
            throw new CorpusException(file + ": line " + number + ": not a JSON object");
        } catch (JacksonException e) {
            throw new CorpusException(
                    file + ": line " + number + ": not JSON: " + e.getOriginalMessage(), e);
        }
    }

    /// The string in a field, or an error that names file and line.
    String text(JsonNode node, String field) {
        JsonNode value = node.get(field);
        if (value == null || !value.isString()) {
            throw new CorpusException(
                    file + ": before line " + lineNumber + ": field '" + field + "' is missing");
        }
        return value.stringValue();
    }

    static String optionalText(JsonNode node, String field) {
        JsonNode value = node.get(field);
        return value != null && value.isString() ? value.stringValue() : "";
    }

    private void advance() {
        try {
            do {
                next = reader.readLine();
                lineNumber++;
            } while (next != null && next.isBlank());
        } catch (IOException e) {
            throw new CorpusException(file + ": line " + lineNumber + ": " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        try {
            reader.close();
        } catch (IOException e) {
            throw new CorpusException(file + ": " + e.getMessage(), e);
        }
    }
}
