package chuan.corpus;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// What `runs/chat.yaml` says: which dialogues a small model is to learn from, and how often. Paths
/// are relative to the file. Sizes count an ASCII character as one and a Han character as two.
///
/// - `ours`: files of dialogues written for this project (JSON lines, not compressed)
public record ChatConfig(Path data, Path output, double heldOut, List<ChatSource> sources) {

    /// - `most`: how many dialogues to take, chosen by hash of the id
    /// - `repeat`: how often each is written to the training file
    /// - `rounds`: longer dialogues end after this many rounds
    /// - `longestPrompt`, `longestAnswer`: dialogues with a longer turn end before it
    /// - `drop`: dialogues in which one of these is found are dropped
    record ChatSource(
            String name,
            String lang,
            Path file,
            boolean compressed,
            int most,
            int repeat,
            int rounds,
            int longestPrompt,
            int longestAnswer,
            List<Pattern> drop) {}

    private static final Set<String> SOURCE_FIELDS =
            Set.of(
                    "name",
                    "lang",
                    "file",
                    "most",
                    "repeat",
                    "rounds",
                    "longest-prompt",
                    "longest-answer",
                    "drop");
    private static final Set<String> FIELDS =
            Set.of("data", "output", "licenses", "held-out", "drop", "sources");

    public ChatConfig {
        sources = List.copyOf(sources);
    }

    /// Reads the file; `data` and `output` override what it says when they are not null.
    public static ChatConfig read(Path file, @Nullable Path data, @Nullable Path output) {
        CorpusConfig.Yaml yaml = CorpusConfig.Yaml.read(file);
        yaml.onlyFields(FIELDS);
        Path dataFolder = data != null ? data : yaml.path("data");
        Path outputFolder = output != null ? output : yaml.path("output");
        List<String> licenses = yaml.strings("licenses");
        List<Pattern> dropAlways = yaml.patterns("drop");
        JsonNode manifest = null;
        List<ChatSource> sources = new ArrayList<>();
        for (CorpusConfig.Yaml entry : yaml.children("sources")) {
            entry.onlyFields(SOURCE_FIELDS);
            if (entry.node().has("file")) {
                sources.add(source(entry, entry.path("file"), false, dropAlways));
                continue;
            }
            if (manifest == null) {
                manifest = manifest(dataFolder);
            }
            for (JsonNode shard : manifest) {
                if (JsonLines.optionalText(shard, "kind").equals("chat")
                        && JsonLines.optionalText(shard, "lang").equals(entry.string("lang"))
                        && JsonLines.optionalText(shard, "name").equals(entry.string("name"))
                        && licenses.contains(JsonLines.optionalText(shard, "licenseClass"))) {
                    Path path = dataFolder.resolve(JsonLines.optionalText(shard, "path"));
                    sources.add(source(entry, path, true, dropAlways));
                }
            }
        }
        return new ChatConfig(dataFolder, outputFolder, yaml.number("held-out", 0.02), sources);
    }

    private static ChatSource source(
            CorpusConfig.Yaml entry, Path file, boolean compressed, List<Pattern> dropAlways) {
        List<Pattern> drop = new ArrayList<>(entry.patterns("drop"));
        if (compressed) {
            drop.addAll(dropAlways);
        }
        return new ChatSource(
                entry.string("name"),
                entry.string("lang"),
                file,
                compressed,
                (int) entry.number("most", Integer.MAX_VALUE),
                (int) entry.number("repeat", 1),
                (int) entry.number("rounds", 3),
                (int) entry.number("longest-prompt", 200),
                (int) entry.number("longest-answer", 300),
                List.copyOf(drop));
    }

    private static JsonNode manifest(Path folder) {
        Path file = folder.resolve("manifest.json");
        try {
            return JsonLines.JSON.readTree(Files.readString(file));
        } catch (IOException e) {
            throw new CorpusException(
                    file + ": cannot be read; set `data` to the folder that holds it", e);
        } catch (JacksonException e) {
            throw new CorpusException(file + ": not JSON: " + e.getOriginalMessage(), e);
        }
    }
}
