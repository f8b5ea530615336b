package chuan.corpus;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// What `runs/chat.yaml` says: which dialogues a small model is to learn from, and how often. Paths
/// are relative to the file. Sizes count an ASCII character as one and a Han character as two.
public record ChatConfig(Path data, Path output, List<ChatSource> sources) {

    /// Where dialogues come from.
    sealed interface Origin {
        /// Written for this project: JSON lines, not compressed (`file`).
        record Ours(Path file) implements Origin {}

        /// Made for this project from templates (`exercises`): a set of the file, named as the
        /// source is.
        record Made(Exercises exercises) implements Origin {}

        /// Dialogues of the data folder; the rules against bad ones and against many answers to one
        /// question are for these alone.
        record Found(Path file) implements Origin {}

        /// Stories among the pretraining text of the data folder, asked for as the file `stories`
        /// says.
        record Told(List<Path> files, List<String> requests) implements Origin {
            public Told {
                files = List.copyOf(files);
                requests = List.copyOf(requests);
            }
        }
    }

    /// - `most`: how many dialogues to take, chosen by hash of the id
    /// - `repeat`: how often each is written to the training file
    /// - `heldOut`: share that is written to the other file
    /// - `rounds`: longer dialogues end after this many rounds
    /// - `longestPrompt`, `longestAnswer`: dialogues with a longer turn end before it
    /// - `drop`: dialogues in which one of these is found are dropped
    /// - `replace`: texts that stand for others, such as `{parameters}`
    record ChatSource(
            String name,
            String lang,
            Origin origin,
            int most,
            int repeat,
            double heldOut,
            int rounds,
            int longestPrompt,
            int longestAnswer,
            List<Pattern> drop,
            Map<String, String> replace) {}

    private static final Set<String> SOURCE_FIELDS =
            Set.of(
                    "name",
                    "lang",
                    "file",
                    "exercises",
                    "stories",
                    "most",
                    "repeat",
                    "held-out",
                    "rounds",
                    "longest-prompt",
                    "longest-answer",
                    "drop",
                    "replace");
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
        List<ChatSource> sources = new ArrayList<>();
        for (CorpusConfig.Yaml entry : yaml.children("sources")) {
            entry.onlyFields(SOURCE_FIELDS);
            if (entry.node().has("file")) {
                sources.add(source(yaml, entry, new Origin.Ours(entry.path("file"))));
            } else if (entry.node().has("exercises")) {
                var exercises = Exercises.read(entry.path("exercises"));
                sources.add(source(yaml, entry, new Origin.Made(exercises)));
            } else if (entry.node().has("stories")) {
                var requests = Exercises.read(entry.path("stories")).requests(entry.string("lang"));
                List<Path> files = shards(yaml, entry, dataFolder, "pretrain");
                sources.add(source(yaml, entry, new Origin.Told(files, requests)));
            } else {
                for (Path shard : shards(yaml, entry, dataFolder, "chat")) {
                    sources.add(source(yaml, entry, new Origin.Found(shard)));
                }
            }
        }
        return new ChatConfig(dataFolder, outputFolder, sources);
    }

    private static ChatSource source(
            CorpusConfig.Yaml yaml, CorpusConfig.Yaml entry, Origin origin) {
        List<Pattern> drop = new ArrayList<>(entry.patterns("drop"));
        double heldOut = 0;
        switch (origin) {
            case Origin.Ours _, Origin.Made _ -> {}
            case Origin.Found _, Origin.Told _ -> {
                drop.addAll(yaml.patterns("drop"));
                heldOut = yaml.number("held-out", 0.02);
            }
        }
        Map<String, String> replace = new LinkedHashMap<>();
        entry.node()
                .path("replace")
                .properties()
                .forEach(e -> replace.put(e.getKey(), e.getValue().asString()));
        return new ChatSource(
                entry.string("name"),
                entry.string("lang"),
                origin,
                (int) entry.number("most", Integer.MAX_VALUE),
                (int) entry.number("repeat", 1),
                entry.number("held-out", heldOut),
                (int) entry.number("rounds", 3),
                (int) entry.number("longest-prompt", 200),
                (int) entry.number("longest-answer", 300),
                List.copyOf(drop),
                replace);
    }

    /// Files of a source in the data folder, if its licence is wanted.
    private static List<Path> shards(
            CorpusConfig.Yaml yaml, CorpusConfig.Yaml entry, Path folder, String kind) {
        List<String> licenses = yaml.strings("licenses");
        List<Path> files = new ArrayList<>();
        for (JsonNode shard : manifest(folder)) {
            if (JsonLines.optionalText(shard, "kind").equals(kind)
                    && JsonLines.optionalText(shard, "lang").equals(entry.string("lang"))
                    && JsonLines.optionalText(shard, "name").equals(entry.string("name"))
                    && licenses.contains(JsonLines.optionalText(shard, "licenseClass"))) {
                files.add(folder.resolve(JsonLines.optionalText(shard, "path")));
            }
        }
        return files;
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
