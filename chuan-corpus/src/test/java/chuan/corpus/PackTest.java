package chuan.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.tokenizer.TokenShard;
import chuan.tokenizer.Tokenizer;
import chuan.tokenizer.TrainProgress;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PackTest {
    private static final PrintStream QUIET = new PrintStream(OutputStream.nullOutputStream());
    private static final List<String> WORDS =
            List.of(
                    "the fox",
                    " ran over",
                    " a hill",
                    " and slept",
                    "狐狸",
                    "跑过",
                    "山岗",
                    "，",
                    "。",
                    "\n",
                    " 12",
                    "😀");

    @TempDir Path folder;
    private final List<String> heavy = new ArrayList<>();
    private final List<String> light = new ArrayList<>();
    private final List<String> heldOut = new ArrayList<>();

    @BeforeEach
    void writeCleanText() {
        Random random = new Random(17);
        for (List<String> texts : List.of(heavy, light, heldOut)) {
            for (int i = 0; i < 40; i++) {
                StringBuilder text = new StringBuilder("begin");
                for (int j = 0; j < 5 + random.nextInt(60); j++) {
                    text.append(WORDS.get(random.nextInt(WORDS.size())));
                }
                texts.add(text.toString());
            }
        }
        write("clean/zh-a.jsonl.gz", heavy.subList(0, 10));
        write("clean/zh-b.jsonl.gz", heavy.subList(10, 40));
        write("clean/zh-c.jsonl.gz", light);
        write("heldout/zh.jsonl.gz", heldOut);
        write("heldout/en.jsonl.gz", List.of());
    }

    private void write(String name, List<String> texts) {
        StringBuilder lines = new StringBuilder();
        for (String text : texts) {
            lines.append(JsonLines.JSON.createObjectNode().put("text", text)).append('\n');
        }
        AtomicFile.write(folder.resolve(name), lines.toString());
    }

    private CorpusConfig config(int threads) {
        List<Source> sources = new ArrayList<>();
        for (String name : List.of("a", "c", "b")) {
            double weight = name.equals("c") ? 0.5 : 2;
            sources.add(
                    new Source(name, "zh", "A", "", weight, 1000, List.of(), SourceRules.PLAIN));
        }
        return new CorpusConfig(
                folder, folder, java.util.Set.of("A"), 0.01, 0.7, 0, false, threads, sources);
    }

    private Tokenizer tokenizer() throws IOException {
        Path yaml = folder.resolve("tokenizer.yaml");
        Files.writeString(
                yaml,
                """
                texts: clean/zh-b.jsonl.gz
                output: tokenizer.model
                pieces: 320
                symbols: ["\\n", "，"]
                reserved: {first: 100, count: 4}
                """);
        Vocabulary vocabulary = Vocabulary.read(yaml, null, null);
        assertThat(vocabulary.symbols())
                .containsExactly(
                        "\n",
                        "，",
                        "<reserved_100>",
                        "<reserved_101>",
                        "<reserved_102>",
                        "<reserved_103>");
        vocabulary.train(1, TrainProgress.silent());
        return Tokenizer.load(folder.resolve("tokenizer.model"));
    }

    @Test
    void shardsHoldTheDocumentsOfTheirWeight() throws IOException {
        Tokenizer tokenizer = tokenizer();
        assertThat(tokenizer.idOf("<reserved_102>")).isEqualTo(7);
        String table = Pack.shards(config(2), tokenizer, Pack.Grouping.WEIGHT, QUIET);
        assertThat(table).contains("zh/a ", "zh/b ", "zh/c ", "held out, zh");
        check(folder.resolve("shards/zh-2.00.tokens"), heavy, tokenizer);
        check(folder.resolve("shards/zh-0.50.tokens"), light, tokenizer);
        check(folder.resolve("shards/heldout-zh.tokens"), heldOut, tokenizer);
        check(folder.resolve("shards/heldout-en.tokens"), List.of(), tokenizer);
    }

    private static void check(Path file, List<String> texts, Tokenizer tokenizer)
            throws IOException {
        try (TokenShard shard = TokenShard.open(file)) {
            assertThat(shard.documents()).isEqualTo(texts.size());
            assertThat(shard.fingerprint()).isEqualTo(tokenizer.fingerprint());
            assertThat(shard.textBytes()).isEqualTo(texts.stream().mapToLong(Utf8::length).sum());
            for (int d = 0; d < texts.size(); d++) {
                long start = shard.documentStart(d);
                int[] ids = new int[(int) (shard.documentStart(d + 1) - start)];
                shard.copy(start, ids.length, ids, 0);
                assertThat(ids[ids.length - 1]).isEqualTo(tokenizer.eosId());
                assertThat(tokenizer.decode(Arrays.copyOf(ids, ids.length - 1)))
                        .isEqualTo(texts.get(d));
            }
        }
    }

    @Test
    void weightsAreSharesOfTokens() throws IOException {
        Tokenizer tokenizer = tokenizer();
        Pack.shards(config(1), tokenizer, Pack.Grouping.WEIGHT, QUIET);
        double heavyTokens = 0;
        double lightTokens = 0;
        try (TokenShard shard = TokenShard.open(folder.resolve("shards/zh-2.00.tokens"))) {
            heavyTokens = 2.0 * shard.tokens();
        }
        try (TokenShard shard = TokenShard.open(folder.resolve("shards/zh-0.50.tokens"))) {
            lightTokens = 0.5 * shard.tokens();
        }
        CorpusConfig.Yaml mix = CorpusConfig.Yaml.read(folder.resolve("shards/mix.yaml"));
        List<Double> weights = new ArrayList<>();
        mix.node().path("train").forEach(entry -> weights.add(entry.path("weight").doubleValue()));
        assertThat(weights).hasSize(2);
        assertThat(weights.getFirst() / weights.getLast())
                .isCloseTo(
                        heavyTokens / lightTokens,
                        org.assertj.core.data.Percentage.withPercentage(0.1));
        assertThat(weights.getFirst() + weights.getLast())
                .isCloseTo(100, org.assertj.core.data.Offset.offset(0.002));
    }

    @Test
    void eachSourceGetsItsOwnShardWhereAsked() throws IOException {
        Tokenizer tokenizer = tokenizer();
        Pack.shards(config(2), tokenizer, Pack.Grouping.SOURCE, QUIET);
        check(folder.resolve("shards/zh-a.tokens"), heavy.subList(0, 10), tokenizer);
        check(folder.resolve("shards/zh-b.tokens"), heavy.subList(10, 40), tokenizer);
        check(folder.resolve("shards/zh-c.tokens"), light, tokenizer);
        CorpusConfig.Yaml mix = CorpusConfig.Yaml.read(folder.resolve("shards/mix.yaml"));
        assertThat(mix.node().path("train").size()).isEqualTo(3);
    }

    @Test
    void sameBytesForAnyNumberOfThreads() throws IOException {
        Tokenizer tokenizer = tokenizer();
        Path file = folder.resolve("shards/zh-2.00.tokens");
        Pack.shards(config(1), tokenizer, Pack.Grouping.WEIGHT, QUIET);
        byte[] one = Files.readAllBytes(file);
        Pack.shards(config(4), tokenizer, Pack.Grouping.WEIGHT, QUIET);
        assertThat(Files.readAllBytes(file)).isEqualTo(one);
    }
}
