package chuan.corpus;

import chuan.tokenizer.TokenShardWriter;
import chuan.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;
import tools.jackson.databind.JsonNode;

/// Stage 9: clean documents to token shards. Sources of one language and weight share a shard, so
/// that no shard is too small to draw windows from; or each source gets its own, so that its weight
/// can be changed without packing again. Each document is closed by the end token. Held-out
/// documents get a shard per language. Writes `shards/*.tokens`, `shards/mix.yaml` (the files with
/// their weights, in the form that `chuan pretrain` reads) and `shards/report.txt`.
public final class Pack {
    /// Which sources share a shard.
    public enum Grouping {
        /// Those of one language and weight: `zh-0.50.tokens`.
        WEIGHT,
        /// None: `zh-pd-modern-zh.tokens`.
        SOURCE
    }

    private final CorpusConfig config;
    private final Tokenizer tokenizer;
    private final Grouping grouping;

    private record Encoded(int[] ids, long bytes) {}

    private record Row(String source, double weight, long documents, long bytes, long tokens) {}

    private record Shard(Path file, double weight, long tokens) {}

    private final Progress line;

    private Pack(
            CorpusConfig config, Tokenizer tokenizer, Grouping grouping, PrintStream progress) {
        this.config = config;
        this.tokenizer = tokenizer;
        this.grouping = grouping;
        this.line = new Progress(progress, "pack", "MB", megabytes(config));
    }

    private static double megabytes(CorpusConfig config) {
        return config.sources().stream().mapToLong(Source::bytes).sum() / 1e6;
    }

    /// Packs what [Pipeline#clean] wrote and returns a table of tokens per source.
    public static String shards(
            CorpusConfig config, Tokenizer tokenizer, Grouping grouping, PrintStream progress) {
        return new Pack(config, tokenizer, grouping, progress).shards();
    }

    private String shards() {
        Path folder = config.output().resolve("shards");
        List<Row> rows = new ArrayList<>();
        List<Shard> shards = new ArrayList<>();
        groups().forEach((name, sources) -> shards.add(shard(folder.resolve(name), sources, rows)));
        for (String lang : List.of("zh", "en")) {
            rows.add(
                    write(
                                    folder.resolve("heldout-" + lang + ".tokens"),
                                    List.of(Pipeline.heldOutFile(config, lang)),
                                    List.of("held out, " + lang),
                                    0)
                            .getFirst());
        }
        line.finish();
        AtomicFile.write(folder.resolve("mix.yaml"), mix(folder, shards));
        String table = table(rows);
        AtomicFile.write(folder.resolve("report.txt"), table);
        return table;
    }

    private SequencedMap<String, List<Source>> groups() {
        SequencedMap<String, List<Source>> groups = new LinkedHashMap<>();
        for (Source source : config.sources()) {
            if (source.weight() > 0) {
                String group =
                        switch (grouping) {
                            case WEIGHT -> String.format(Locale.ROOT, "%.2f", source.weight());
                            case SOURCE -> source.name();
                        };
                groups.computeIfAbsent(
                                source.lang() + "-" + group + ".tokens", _ -> new ArrayList<>())
                        .add(source);
            }
        }
        return groups;
    }

    private Shard shard(Path file, List<Source> sources, List<Row> rows) {
        double weight = sources.getFirst().weight();
        List<Row> added =
                write(
                        file,
                        sources.stream().map(s -> Pipeline.cleanFile(config, s)).toList(),
                        sources.stream().map(Source::key).toList(),
                        weight);
        rows.addAll(added);
        return new Shard(file, weight, added.stream().mapToLong(Row::tokens).sum());
    }

    private List<Row> write(Path target, List<Path> files, List<String> names, double weight) {
        List<Row> rows = new ArrayList<>();
        try (var shard = open(target)) {
            for (int i = 0; i < files.size(); i++) {
                String name = names.get(i);
                long[] sums = new long[3];
                try (var documents = new JsonLines(files.get(i))) {
                    Parallel.ordered(
                            documents,
                            config.threads(),
                            this::encode,
                            encoded -> {
                                append(shard, target, encoded);
                                sums[0]++;
                                sums[1] += encoded.bytes();
                                sums[2] += encoded.ids().length;
                                line.advance(encoded.bytes() / 1e6, name);
                            });
                }
                rows.add(new Row(name, weight, sums[0], sums[1], sums[2]));
            }
            shard.finish();
        } catch (IOException e) {
            throw new CorpusException(target + ": cannot be written: " + e.getMessage(), e);
        }
        return rows;
    }

    private TokenShardWriter open(Path target) throws IOException {
        Files.createDirectories(target.toAbsolutePath().getParent());
        return TokenShardWriter.create(target, tokenizer);
    }

    private static void append(TokenShardWriter shard, Path target, Encoded encoded) {
        try {
            shard.document(encoded.ids());
            shard.addTextBytes(encoded.bytes());
        } catch (IOException e) {
            throw new CorpusException(target + ": cannot be written: " + e.getMessage(), e);
        }
    }

    private Encoded encode(JsonNode document) {
        String text = JsonLines.optionalText(document, "text");
        int[] ids = tokenizer.encode(text);
        int[] closed = Arrays.copyOf(ids, ids.length + 1);
        closed[ids.length] = tokenizer.eosId();
        return new Encoded(closed, Utf8.length(text));
    }

    private static String mix(Path folder, List<Shard> shards) {
        double total = shards.stream().mapToDouble(s -> s.weight() * s.tokens()).sum();
        StringBuilder yaml =
                new StringBuilder(
                        "# weight: share of the tokens drawn from this shard, in percent\n");
        yaml.append("train:\n");
        for (Shard shard : shards) {
            yaml.append(
                    String.format(
                            Locale.ROOT,
                            "  - {file: %s, weight: %.3f}%n",
                            shard.file().toString(),
                            100 * shard.weight() * shard.tokens() / total));
        }
        yaml.append("heldOut:\n");
        for (String lang : List.of("zh", "en")) {
            Path file = folder.resolve("heldout-" + lang + ".tokens");
            yaml.append(String.format(Locale.ROOT, "  - {name: %s, file: %s}%n", lang, file));
        }
        return yaml.toString();
    }

    private static String table(List<Row> rows) {
        double total = rows.stream().mapToDouble(r -> r.weight() * r.tokens()).sum();
        StringBuilder out = new StringBuilder();
        String format = "%-28s %7s %8s %10s %11s %6s %7s%n";
        out.append(
                String.format(
                        Locale.ROOT,
                        format,
                        "source",
                        "docs",
                        "MB",
                        "tokens",
                        "bytes/token",
                        "weight",
                        "share"));
        for (Row row : rows) {
            out.append(
                    String.format(
                            Locale.ROOT,
                            format,
                            row.source(),
                            row.documents(),
                            String.format(Locale.ROOT, "%.2f", row.bytes() / 1e6),
                            row.tokens(),
                            String.format(
                                    Locale.ROOT,
                                    "%.3f",
                                    (double) row.bytes() / Math.max(1, row.tokens())),
                            row.weight(),
                            String.format(
                                    Locale.ROOT,
                                    "%.2f%%",
                                    100 * row.weight() * row.tokens() / Math.max(1, total))));
        }
        return out.toString();
    }
}
