package chuan.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// What scripts read: one JSON value per line, or a file for people to look into.
final class Json {
    private static final ObjectMapper LINE = JsonMapper.builder().build();
    private static final ObjectMapper PRETTY =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private Json() {}

    static String line(Object value) {
        return LINE.writeValueAsString(value);
    }

    static String pretty(Object value) {
        return PRETTY.writeValueAsString(value);
    }

    static ObjectMapper mapper() {
        return LINE;
    }

    /// @param where named if the text is not JSON
    static JsonNode read(String text, String where) {
        try {
            return LINE.readTree(text);
        } catch (JacksonException e) {
            throw new CliException(where + ": " + e.getOriginalMessage());
        }
    }

    /// The file gets its name when it is complete.
    static void write(Path file, Object value) throws IOException {
        Path temporary = file.resolveSibling(file.getFileName() + ".part");
        Files.writeString(temporary, pretty(value) + "\n");
        Files.move(temporary, file, StandardCopyOption.REPLACE_EXISTING);
    }
}
