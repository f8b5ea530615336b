package chuan.train;

import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;

/// Conversations as JSON lines, gzip or plain: `{"messages": [{"role": …, "content": …}, …], …}`.
final class ChatFile {
    private static final ObjectMapper JSON = JsonMapper.builder().build();

    private ChatFile() {}

    /// @throws TrainingException naming file and line
    static List<List<ChatExample.Message>> read(Path file) {
        var conversations = new ArrayList<List<ChatExample.Message>>();
        int number = 0;
        try (var lines = reader(file)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                number++;
                if (!line.isBlank()) {
                    conversations.add(messages(JSON.readTree(line)));
                }
            }
        } catch (IOException e) {
            throw new TrainingException(file + ": cannot be read (" + e.getMessage() + ")", e);
        } catch (JacksonException | IllegalArgumentException e) {
            throw new TrainingException(
                    "%s: line %d: not a conversation (%s)".formatted(file, number, e.getMessage()),
                    e);
        }
        return conversations;
    }

    private static BufferedReader reader(Path file) throws IOException {
        InputStream in = new BufferedInputStream(Files.newInputStream(file));
        in.mark(2);
        boolean gzip = in.read() == 0x1f && in.read() == 0x8b;
        in.reset();
        return new BufferedReader(
                new InputStreamReader(gzip ? new GZIPInputStream(in) : in, StandardCharsets.UTF_8));
    }

    private static List<ChatExample.Message> messages(JsonNode line) {
        var result = new ArrayList<ChatExample.Message>();
        JsonNode messages = line.path("messages");
        for (JsonNode message : messages) {
            JsonNode role = message.path("role");
            JsonNode content = message.path("content");
            if (!role.isString() || !content.isString()) {
                throw new IllegalArgumentException("a message needs role and content");
            }
            result.add(new ChatExample.Message(role.stringValue(), content.stringValue()));
        }
        if (result.isEmpty()) {
            throw new IllegalArgumentException("no messages");
        }
        return result;
    }
}
