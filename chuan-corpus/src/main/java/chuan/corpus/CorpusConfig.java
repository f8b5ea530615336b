package chuan.corpus;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.dataformat.yaml.YAMLMapper;

/// What `runs/corpus.yaml` says. Paths in the file are relative to the file. Sources are matched
/// with `manifest.json` of the data folder by language and name; a source of a licence class that
/// is not wanted is left out, whatever its weight.
///
/// - `nearDuplicate`: Jaccard similarity from which on the later of two documents is dropped
/// - `sampleBytes`: bytes of text per language to train the tokenizer on
/// - `verbatim`: documents stay as they came, code, tables and markup included; only duplicates go
public record CorpusConfig(
        Path data,
        Path output,
        Set<String> licenses,
        double heldOut,
        double nearDuplicate,
        long sampleBytes,
        boolean verbatim,
        int threads,
        List<Source> sources) {

    private static final Set<String> SOURCE_FIELDS =
            Set.of(
                    "name",
                    "lang",
                    "weight",
                    "markup",
                    "wrapped",
                    "pairs",
                    "any-language",
                    "lists",
                    "shortest",
                    "most-repeated",
                    "drop-lines");
    private static final Set<String> FIELDS =
            Set.of(
                    "data",
                    "output",
                    "licenses",
                    "held-out",
                    "near-duplicate",
                    "sample-megabytes",
                    "verbatim",
                    "threads",
                    "sources");

    public CorpusConfig {
        sources = List.copyOf(sources);
        licenses = Set.copyOf(licenses);
    }

    /// Reads the file; `data` and `output` override what it says when they are not null.
    public static CorpusConfig read(Path file, @Nullable Path data, @Nullable Path output) {
        Yaml yaml = Yaml.read(file);
        yaml.onlyFields(FIELDS);
        Path dataFolder = data != null ? data : yaml.path("data");
        Path outputFolder = output != null ? output : yaml.path("output");
        Set<String> licenses = new LinkedHashSet<>(yaml.strings("licenses"));
        List<Source> sources = new ArrayList<>();
        Manifest manifest = Manifest.read(dataFolder);
        for (Yaml entry : yaml.children("sources")) {
            entry.onlyFields(SOURCE_FIELDS);
            Source source = source(entry, manifest, dataFolder);
            if (licenses.contains(source.licenseClass())) {
                sources.add(source);
            }
        }
        int threads = (int) yaml.number("threads", 0);
        return new CorpusConfig(
                dataFolder,
                outputFolder,
                licenses,
                yaml.number("held-out", 0.01),
                yaml.number("near-duplicate", 0.7),
                (long) (yaml.number("sample-megabytes", 20) * 1e6),
                yaml.flag("verbatim"),
                threads > 0 ? threads : Runtime.getRuntime().availableProcessors(),
                sources);
    }

    public CorpusConfig withThreads(int count) {
        return new CorpusConfig(
                data,
                output,
                licenses,
                heldOut,
                nearDuplicate,
                sampleBytes,
                verbatim,
                count,
                sources);
    }

    private static Source source(Yaml entry, Manifest manifest, Path dataFolder) {
        String name = entry.string("name");
        String lang = entry.string("lang");
        SourceRules rules =
                new SourceRules(
                        entry.flag("markup"),
                        entry.flag("wrapped"),
                        entry.flag("pairs"),
                        entry.flag("any-language"),
                        entry.flag("lists"),
                        (int) entry.number("shortest", SourceRules.PLAIN.shortest()),
                        entry.number("most-repeated", SourceRules.PLAIN.mostRepeated()),
                        entry.patterns("drop-lines"));
        double weight = entry.number("weight", 1);
        if (!(weight >= 0 && weight <= 100)) {
            throw new CorpusException(entry.where() + ": weight must be in [0, 100], is " + weight);
        }
        return manifest.source(lang, name, weight, rules, dataFolder);
    }

    /// The entries of `manifest.json` for pretraining text.
    private record Manifest(Path file, JsonNode entries) {
        static Manifest read(Path folder) {
            Path file = folder.resolve("manifest.json");
            try {
                return new Manifest(file, JsonMapper.shared().readTree(Files.readString(file)));
            } catch (IOException e) {
                throw new CorpusException(
                        file + ": cannot be read; set `data` to the folder that holds it", e);
            } catch (JacksonException e) {
                throw new CorpusException(file + ": not JSON: " + e.getOriginalMessage(), e);
            }
        }

        Source source(String lang, String name, double weight, SourceRules rules, Path folder) {
            List<Path> files = new ArrayList<>();
            long bytes = 0;
            String licenseClass = "";
            String license = "";
            for (JsonNode entry : entries) {
                if (JsonLines.optionalText(entry, "kind").equals("pretrain")
                        && JsonLines.optionalText(entry, "lang").equals(lang)
                        && JsonLines.optionalText(entry, "name").equals(name)) {
                    files.add(folder.resolve(JsonLines.optionalText(entry, "path")));
                    bytes += entry.path("bytes").asLong(0);
                    licenseClass = JsonLines.optionalText(entry, "licenseClass");
                    license = JsonLines.optionalText(entry, "license");
                }
            }
            if (files.isEmpty()) {
                throw new CorpusException(
                        file + ": no pretraining source '" + name + "' of language " + lang);
            }
            return new Source(name, lang, licenseClass, license, weight, bytes, files, rules);
        }
    }

    /// A mapping of the YAML file, with errors that say where.
    record Yaml(Path file, String where, JsonNode node) {
        static Yaml read(Path file) {
            try {
                JsonNode root = YAMLMapper.shared().readTree(Files.readString(file));
                if (!root.isObject()) {
                    throw new CorpusException(file + ": not a YAML mapping");
                }
                return new Yaml(file, file.toString(), root);
            } catch (IOException e) {
                throw new CorpusException(file + ": cannot be read: " + e.getMessage(), e);
            } catch (JacksonException e) {
                throw new CorpusException(file + ": not YAML: " + e.getOriginalMessage(), e);
            }
        }

        void onlyFields(Set<String> known) {
            for (String field : node.propertyNames()) {
                if (!known.contains(field)) {
                    throw new CorpusException(where + ": unknown field '" + field + "'");
                }
            }
        }

        List<Yaml> children(String field) {
            List<Yaml> children = new ArrayList<>();
            int index = 0;
            for (JsonNode child : node.path(field)) {
                String name = JsonLines.optionalText(child, "name");
                children.add(
                        new Yaml(file, file + ": " + field + "[" + index++ + "] " + name, child));
            }
            return children;
        }

        String string(String field) {
            String value = JsonLines.optionalText(node, field);
            if (value.isEmpty()) {
                throw new CorpusException(where + ": field '" + field + "' is missing");
            }
            return value;
        }

        Path path(String field) {
            return file.toAbsolutePath().resolveSibling(string(field)).normalize();
        }

        double number(String field, double otherwise) {
            JsonNode value = node.path(field);
            if (value.isMissingNode()) {
                return otherwise;
            }
            if (!value.isNumber()) {
                throw new CorpusException(where + ": field '" + field + "' must be a number");
            }
            return value.doubleValue();
        }

        boolean flag(String field) {
            return node.path(field).asBoolean(false);
        }

        List<String> strings(String field) {
            List<String> values = new ArrayList<>();
            for (JsonNode value : node.path(field)) {
                values.add(value.asString());
            }
            return values;
        }

        List<Pattern> patterns(String field) {
            List<Pattern> patterns = new ArrayList<>();
            for (String text : strings(field)) {
                try {
                    patterns.add(Pattern.compile(text));
                } catch (PatternSyntaxException e) {
                    throw new CorpusException(
                            where + ": '" + text + "' is no regular expression", e);
                }
            }
            return patterns;
        }
    }
}
