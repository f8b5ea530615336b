package chuan.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ArrayNode;

/// The whole pipeline on a made-up data folder.
class PipelineTest {
    private static final PrintStream QUIET = new PrintStream(OutputStream.nullOutputStream());
    private static final String HAN = "天地人你我他大小上下左右山水日月花草鱼鸟春夏秋冬东西南北红黄蓝白书画琴棋";

    @TempDir Path folder;
    private final ArrayNode manifest = JsonLines.JSON.createArrayNode();

    @BeforeEach
    void makeData() throws IOException {
        Random random = new Random(11);
        var holdOut = new HoldOut(0.1);
        List<String[]> zh = new ArrayList<>();
        List<String[]> en = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            zh.add(new String[] {"zh/" + i, han(random, 200)});
            en.add(new String[] {"en/" + i, english(random, 120)});
        }
        // Every held-out document comes again, slightly changed, under an id that is not held out.
        for (List<String[]> documents : List.of(zh, en)) {
            for (String[] document : List.copyOf(documents)) {
                String id = document[0] + "/again";
                while (holdOut.takes(id)) {
                    id += "x";
                }
                if (holdOut.takes(document[0])) {
                    documents.addFirst(new String[] {id, document[1] + "完 end."});
                }
            }
        }
        write("zh", "tales", "A", zh);
        write("en", "stories", "B", en);
        write("en", "games", "C", en);
        Files.writeString(folder.resolve("manifest.json"), manifest.toString());
        Files.writeString(
                folder.resolve("corpus.yaml"),
                """
                data: .
                output: out
                licenses: [A, B]
                held-out: 0.1
                sample-megabytes: 0.02
                sources:
                  - {name: tales, lang: zh, weight: 2}
                  - {name: stories, lang: en}
                  - {name: games, lang: en}
                """);
    }

    private static String han(Random random, int length) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append(HAN.charAt(random.nextInt(HAN.length())));
            text.append(i % 10 == 9 ? i % 40 == 39 ? "。\n" : "，" : "");
        }
        return text.toString();
    }

    private static String english(Random random, int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            for (int j = 0; j < 5; j++) {
                text.append((char) ('a' + random.nextInt(26)));
            }
            text.append(i % 12 == 11 ? ".\n" : " ");
        }
        return text.toString();
    }

    private void write(String lang, String name, String licenseClass, List<String[]> documents)
            throws IOException {
        Path file = folder.resolve(lang + "-" + name + ".jsonl.gz");
        try (var out = new GZIPOutputStream(Files.newOutputStream(file))) {
            for (String[] document : documents) {
                var node = JsonLines.JSON.createObjectNode();
                node.put("id", document[0]).put("text", document[1]).put("license", "test");
                out.write((node + "\n").getBytes(StandardCharsets.UTF_8));
            }
        }
        manifest.addObject()
                .put("path", file.getFileName().toString())
                .put("kind", "pretrain")
                .put("lang", lang)
                .put("name", name)
                .put("licenseClass", licenseClass)
                .put("license", "test")
                .put("bytes", Files.size(file));
    }

    private CorpusReport run(String output, int threads) {
        CorpusConfig config =
                CorpusConfig.read(folder.resolve("corpus.yaml"), null, folder.resolve(output));
        return Pipeline.clean(config.withThreads(threads), QUIET);
    }

    private static TreeMap<String, String> files(Path root) throws IOException {
        TreeMap<String, String> contents = new TreeMap<>();
        try (var paths = Files.walk(root)) {
            for (Path path : paths.filter(Files::isRegularFile).toList()) {
                contents.put(
                        root.relativize(path).toString(),
                        Integer.toHexString(Arrays.hashCode(Files.readAllBytes(path))));
            }
        }
        return contents;
    }

    private static List<String> fields(Path file, String field) {
        List<String> values = new ArrayList<>();
        try (var lines = new JsonLines(file)) {
            lines.forEachRemaining(node -> values.add(node.get(field).stringValue()));
        }
        return values;
    }

    @Test
    void sameBytesForAnyNumberOfThreads() throws IOException {
        run("one", 1);
        run("three", 3);
        assertThat(files(folder.resolve("one")))
                .isEqualTo(files(folder.resolve("three")))
                .containsKeys(
                        "clean/zh-tales.jsonl.gz",
                        "clean/en-stories.jsonl.gz",
                        "heldout/zh.txt",
                        "heldout/raw-en.txt",
                        "tokenizer-sample.jsonl.gz",
                        "report.json",
                        "report.txt")
                .doesNotContainKey("clean/en-games.jsonl.gz")
                .allSatisfy((name, _) -> assertThat(name).doesNotEndWith(".part"));
    }

    @Test
    void nothingHeldOutIsTrainedOn() {
        run("out", 2);
        Path out = folder.resolve("out");
        var holdOut = new HoldOut(0.1);
        Set<String> heldOutShingles = new HashSet<>();
        for (String lang : List.of("zh", "en")) {
            Path heldOut = out.resolve("heldout/" + lang + ".jsonl.gz");
            assertThat(fields(heldOut, "id")).isNotEmpty().allMatch(holdOut::takes);
            for (String text : fields(heldOut, "text")) {
                heldOutShingles.addAll(text.lines().filter(l -> l.length() > 30).toList());
            }
        }
        for (String name : List.of("zh-tales", "en-stories")) {
            Path clean = out.resolve("clean/" + name + ".jsonl.gz");
            assertThat(fields(clean, "id"))
                    .noneMatch(holdOut::takes)
                    .noneMatch(id -> id.contains("again"));
            assertThat(fields(clean, "text"))
                    .flatMap(text -> text.lines().toList())
                    .noneMatch(heldOutShingles::contains);
        }
        assertThat(fields(out.resolve("tokenizer-sample.jsonl.gz"), "id"))
                .noneMatch(holdOut::takes);
    }

    @Test
    void aVerbatimCorpusKeepsDocumentsAsTheyCame() throws IOException {
        String page = "# Title\n\n```c\nint main() { return 0; }\n```\n| a | b |\n<b>bold</b>";
        write(
                "en",
                "pages",
                "A",
                List.of(new String[] {"page/1", page}, new String[] {"page/2", page}));
        Files.writeString(folder.resolve("manifest.json"), manifest.toString());
        Files.writeString(
                folder.resolve("verbatim.yaml"),
                """
                data: .
                output: verbatim
                licenses: [A]
                held-out: 0
                verbatim: true
                sources:
                  - {name: pages, lang: en}
                """);
        Pipeline.clean(CorpusConfig.read(folder.resolve("verbatim.yaml"), null, null), QUIET);
        assertThat(fields(folder.resolve("verbatim/clean/en-pages.jsonl.gz"), "text"))
                .containsExactly(page);
    }

    @Test
    void reportAccountsForEveryDocument() {
        for (CorpusReport.Row row : run("out", 2).rows()) {
            int dropped = row.dropped.values().stream().mapToInt(Integer::intValue).sum();
            assertThat(row.documentsTrain + row.documentsHeldOut + dropped)
                    .isEqualTo(row.documentsIn);
            assertThat(row.dropped).containsOnlyKeys("near-duplicate");
            assertThat(row.documentsHeldOut).isEqualTo(dropped);
        }
    }

    @Test
    void errorsNameFileAndPlace() throws IOException {
        Path yaml = folder.resolve("bad.yaml");
        Files.writeString(yaml, "data: .\noutput: o\nsources:\n  - {name: tales, lang: en}\n");
        assertThatThrownBy(() -> CorpusConfig.read(yaml, null, null))
                .isInstanceOf(CorpusException.class)
                .hasMessageContaining("no pretraining source 'tales' of language en");
        Files.writeString(yaml, "data: .\noutput: o\nwieght: 3\n");
        assertThatThrownBy(() -> CorpusConfig.read(yaml, null, null))
                .hasMessageContaining("unknown field 'wieght'");
        Files.writeString(yaml, "data: nowhere\noutput: o\n");
        assertThatThrownBy(() -> CorpusConfig.read(yaml, null, null))
                .hasMessageContaining("manifest.json: cannot be read");

        Path broken = folder.resolve("broken.jsonl");
        Files.writeString(broken, "{\"a\": 1}\n\n{oops\n");
        try (var lines = new JsonLines(broken)) {
            lines.next();
            assertThatThrownBy(lines::next).hasMessageContaining("line 3: not JSON");
        }
        Files.writeString(folder.resolve("plain.gz"), "no gzip");
        assertThatThrownBy(() -> new JsonLines(folder.resolve("plain.gz")))
                .hasMessageContaining("plain.gz: cannot be read");
    }

    @Test
    void anUncommittedFileLeavesNothing() throws IOException {
        Path target = folder.resolve("new/file.txt");
        try (var file = new AtomicFile(target)) {
            file.append("half");
        }
        assertThat(files(folder.resolve("new"))).isEmpty();
        AtomicFile.write(target, "whole");
        assertThat(target).hasContent("whole");
    }
}
