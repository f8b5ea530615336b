package chuan.measure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;

/// All measurements, a JSON object per line; lines are added, never changed.
public record Ledger(Path file) {
    private static final ObjectMapper JSON = JsonMapper.builder().build();

    /// Adds one line.
    public void append(Map<String, ?> row) throws IOException {
        Files.writeString(
                file,
                JSON.writeValueAsString(row) + "\n",
                StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
    }

    /// All lines, the oldest first.
    ///
    /// @throws IOException if there is no such file, or a line is no JSON object
    public List<JsonNode> rows() throws IOException {
        if (!Files.isRegularFile(file)) throw new NoSuchFileException(file.toString());
        var rows = new ArrayList<JsonNode>();
        int number = 0;
        for (String line : Files.readAllLines(file)) {
            number++;
            if (line.isBlank()) continue;
            rows.add(row(line, number));
        }
        return rows;
    }

    private JsonNode row(String line, int number) throws IOException {
        try {
            var row = JSON.readTree(line);
            if (row.isObject()) return row;
        } catch (JacksonException _) {
            // said below
        }
        throw new IOException(file + ": line " + number + " is no JSON object");
    }
}
