package chuan.cli;

import chuan.cli.Conversation.Message;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// A dialogue as a file: the format of the web page, `{"format":"chuan-chat","version":1,…}`, so
/// that terminal and browser can exchange them. In it, messages are a tree; the terminal writes and
/// reads the one path that its `leaf` ends. A plain list of messages as OpenAI's API takes it can
/// be read, too.
final class ChatFile {
    private static final String FORMAT = "chuan-chat";
    private static final long LARGEST = 64L << 20;
    private static final SecureRandom RANDOM = new SecureRandom();

    private ChatFile() {}

    /// Replaces the file when all is written; only its owner may read it.
    static void write(Path file, Conversation conversation) throws IOException {
        PrivateFiles.write(file, Json.pretty(content(conversation)) + "\n");
    }

    private static Map<String, Object> content(Conversation conversation) {
        long now = System.currentTimeMillis();
        var messages = new ArrayList<Map<String, Object>>();
        String system = "";
        String title = "";
        String parent = null;
        for (Message message : conversation.messages()) {
            if (message.role().equals("system")) {
                system = message.content();
                continue;
            }
            if (title.isEmpty()) title = firstLine(message.content());
            var one = new LinkedHashMap<String, Object>();
            one.put("id", id(now));
            one.put("parent", parent);
            one.put("role", message.role());
            one.put("content", message.content());
            one.put("created", now);
            if (message.role().equals("assistant")) {
                one.put("model", conversation.model());
                one.put("finish", "stop");
            }
            parent = (String) one.get("id");
            messages.add(one);
        }
        var chat = new LinkedHashMap<String, Object>();
        chat.put("id", id(now));
        chat.put("title", title);
        chat.put("system", system);
        chat.put("params", Map.of());
        chat.put("created", now);
        chat.put("updated", now);
        chat.put("leaf", parent);
        chat.put("messages", messages);
        var all = new LinkedHashMap<String, Object>();
        all.put("format", FORMAT);
        all.put("version", 1);
        all.put("exported", Instant.ofEpochMilli(now).toString());
        all.put("conversations", List.of(chat));
        return all;
    }

    static String firstLine(String text) {
        String line = text.lines().findFirst().orElse("").strip();
        return line.codePointCount(0, line.length()) <= 60
                ? line
                : line.substring(0, line.offsetByCodePoints(0, 60)) + "…";
    }

    /// A ULID: sorts by time (github.com/ulid/spec).
    private static String id(long time) {
        var id = new StringBuilder(26);
        String digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        for (int shift = 45; shift >= 0; shift -= 5)
            id.append(digits.charAt((int) (time >> shift) & 31));
        for (int i = 0; i < 16; i++) id.append(digits.charAt(RANDOM.nextInt(32)));
        return id.toString();
    }

    /// The dialogue of a file, system text first; of several the one that was changed last.
    ///
    /// @throws CliException if it is none; the message is one line
    static List<Message> read(Path file) throws IOException {
        if (Files.size(file) > LARGEST)
            throw new CliException(file + ": is too large for a saved dialogue");
        JsonNode data = Json.read(Files.readString(file), file.toString());
        if (FORMAT.equals(string(data, "format"))) {
            if (data.path("version").asInt(0) != 1)
                throw new CliException(
                        file + ": version " + data.path("version") + " of the format is not known");
            JsonNode newest = null;
            for (JsonNode chat : data.path("conversations"))
                if (newest == null || time(chat) > time(newest)) newest = chat;
            if (newest != null) return path(newest);
        }
        JsonNode list = data.isArray() ? data : data.path("messages");
        var messages = plain(list);
        if (messages.isEmpty()) throw new CliException(file + ": holds no dialogue");
        return messages;
    }

    private static long time(JsonNode chat) {
        return chat.path("updated").asLong(0);
    }

    /// The messages from the root to the leaf.
    private static List<Message> path(JsonNode chat) {
        var byId = new HashMap<String, JsonNode>();
        String leaf = string(chat, "leaf");
        String last = "";
        for (JsonNode message : chat.path("messages")) {
            last = string(message, "id");
            byId.put(last, message);
        }
        if (!byId.containsKey(leaf)) leaf = last;
        var messages = new ArrayList<Message>();
        var seen = new HashSet<String>();
        for (String id = leaf;
                byId.containsKey(id) && seen.add(id);
                id = string(byId.get(id), "parent")) add(messages, byId.get(id));
        var ordered = new ArrayList<Message>(messages.reversed());
        String system = string(chat, "system");
        if (!system.isEmpty()) ordered.addFirst(new Message("system", system));
        return ordered;
    }

    private static List<Message> plain(JsonNode list) {
        var messages = new ArrayList<Message>();
        for (JsonNode message : list) {
            boolean system = string(message, "role").equals("system");
            if (system && messages.isEmpty())
                messages.add(new Message("system", string(message, "content")));
            else add(messages, message);
        }
        return messages;
    }

    private static void add(List<Message> messages, JsonNode message) {
        String role = string(message, "role");
        if (role.equals("user") || role.equals("assistant"))
            messages.add(new Message(role, string(message, "content")));
    }

    private static String string(JsonNode node, String field) {
        JsonNode value = node.path(field);
        return value.isString() ? value.stringValue() : "";
    }
}
