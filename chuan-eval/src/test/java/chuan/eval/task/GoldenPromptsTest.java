package chuan.eval.task;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.engine.ChatMessage;
import chuan.eval.Ask;
import chuan.eval.Exercise;
import chuan.eval.Prompt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/// Every prompt is, byte for byte, the one that the original script made of the same file.
final class GoldenPromptsTest {
    /// @param file of recorded prompts
    /// @param rows it has
    /// @param data folder of the set
    /// @param where a text that a row holds, for files that mix protocols; "" for all rows
    record Variant(String file, String where, int rows, String task, String protocol, String data) {
        @Override
        public String toString() {
            return file + where + " by " + protocol;
        }

        boolean covers(JsonNode row) {
            return where.isEmpty() || row.toString().contains(where);
        }
    }

    static Stream<Variant> variants() {
        String eval = "data/eval";
        String ceval = "golden/eval/ceval/data";
        return Stream.of(
                new Variant("mmlu/authors", "", 96, "mmlu", "official", eval),
                new Variant("mmlu/baichuan", "", 96, "mmlu", "official", eval),
                new Variant("mmlu/lm-eval", "", 96, "mmlu", "lm-eval", eval),
                new Variant("mmlu/lm-eval-continuation", "", 96, "mmlu", "continuation", eval),
                new Variant("mmlu/edge-authors", "", 4, "mmlu", "official", eval),
                new Variant("mmlu/edge-lm-eval", "", 4, "mmlu", "lm-eval", eval),
                new Variant("mmlu/authors-pandas2-none", "", 10, "mmlu", "authors-pandas2", eval),
                new Variant("cmmlu/authors", "", 96, "cmmlu", "official", eval),
                new Variant("cmmlu/authors-cot", "", 96, "cmmlu", "authors-cot", eval),
                new Variant("cmmlu/lm-eval", "", 96, "cmmlu", "lm-eval", eval),
                new Variant("ceval/baichuan", "", 18, "ceval", "official", ceval),
                new Variant("ceval/lm-eval", "", 18, "ceval", "lm-eval", ceval),
                new Variant(
                        "ceval/authors-llama", "english-h", 9, "ceval", "authors-handle", ceval),
                new Variant("ceval/authors-llama", "chinese-name", 9, "ceval", "authors", ceval),
                new Variant("ceval/authors-llama", "none: header", 9, "ceval", "authors", ceval),
                new Variant(
                        "ceval/authors-llama-cot",
                        "english-h",
                        9,
                        "ceval",
                        "authors-handle-cot",
                        ceval),
                new Variant(
                        "ceval/authors-llama-cot",
                        "chinese-name",
                        9,
                        "ceval",
                        "authors-cot",
                        ceval),
                new Variant(
                        "ceval/authors-chat", "\"cot\":false", 9, "ceval", "authors-chat", ceval),
                new Variant(
                        "ceval/authors-chat",
                        "\"cot\":true",
                        9,
                        "ceval",
                        "authors-chat-cot",
                        ceval),
                new Variant("agieval/authors-zero-shot", "", 72, "agieval", "authors", eval),
                new Variant(
                        "agieval/authors-zero-shot-cot", "", 72, "agieval", "authors-cot", eval),
                new Variant(
                        "agieval/authors-few-shot", "", 24, "agieval", "authors-few-shot", eval),
                new Variant(
                        "agieval/authors-few-shot-cot",
                        "",
                        24,
                        "agieval",
                        "authors-few-shot-cot",
                        eval),
                new Variant(
                        "agieval/authors-chat", "\"few-shot\"", 6, "agieval", "authors-chat", eval),
                new Variant(
                        "agieval/authors-chat",
                        "few-shot-CoT",
                        6,
                        "agieval",
                        "authors-chat-cot",
                        eval),
                new Variant("agieval/lm-eval", "", 72, "agieval", "lm-eval", eval),
                new Variant("gaokao/authors", "", 36, "gaokao", "authors", eval),
                new Variant("gsm8k/authors", "", 12, "gsm8k", "authors", eval),
                new Variant(
                        "gsm8k/lm-eval",
                        "\"shots\":0,\"prompt\":\"Question",
                        12,
                        "gsm8k",
                        "lm-eval",
                        eval),
                new Variant("gsm8k/lm-eval", "\"train_rows\"", 12, "gsm8k", "lm-eval", eval),
                new Variant("gsm8k/lm-eval", "\"gsm8k_cot\"", 12, "gsm8k", "lm-eval-cot", eval),
                new Variant(
                        "gsm8k/lm-eval",
                        "gsm8k_cot_zeroshot",
                        12,
                        "gsm8k",
                        "lm-eval-cot-zeroshot",
                        eval),
                new Variant("gsm8k/opencompass-4shot", "", 12, "gsm8k", "opencompass", eval));
    }

    /// So many as were recorded; no file of them is left out.
    @Test
    void everyRecordedPromptIsCompared() throws IOException {
        var folder = Shared.orSkip("golden/eval");
        var named = variants().map(Variant::file).collect(Collectors.toSet());
        var sums = new TreeMap<String, Integer>();
        for (String task : List.of("mmlu", "cmmlu", "ceval", "agieval", "gaokao", "gsm8k"))
            try (var files = Files.list(folder.resolve(task))) {
                for (Path file : files.filter(f -> f.toString().endsWith(".jsonl")).toList()) {
                    String name = task + "/" + file.getFileName().toString().replace(".jsonl", "");
                    assertThat(named).contains(name);
                    int rows = Shared.lines(file).size();
                    int compared =
                            variants()
                                    .filter(v -> v.file().equals(name))
                                    .mapToInt(Variant::rows)
                                    .sum();
                    assertThat(compared).as(name).isEqualTo(rows);
                    sums.merge(task, rows, Integer::sum);
                }
            }
        assertThat(sums)
                .isEqualTo(
                        Map.of(
                                "mmlu", 392 + 10, "cmmlu", 288, "ceval", 99, "agieval", 264 + 12,
                                "gaokao", 36, "gsm8k", 72));
    }

    @ParameterizedTest
    @MethodSource("variants")
    void promptsAreTheRecordedOnes(Variant variant) throws IOException {
        Path data = data(variant);
        var rows =
                Shared.lines(Shared.orSkip("golden/eval/" + variant.file() + ".jsonl")).stream()
                        .filter(variant::covers)
                        .toList();
        assertThat(rows).hasSize(variant.rows());
        var groups = new LinkedHashMap<String, List<JsonNode>>();
        for (var row : rows)
            groups.computeIfAbsent(subject(row) + "/" + shots(row), _ -> new ArrayList<>())
                    .add(row);
        int compared = 0;
        for (var group : groups.values()) {
            var exercises = exercises(variant, data, group);
            for (var row : group) {
                check(row, Objects.requireNonNull(exercises.get(row.get("index").asInt())));
                compared++;
            }
        }
        assertThat(compared).isEqualTo(variant.rows());
    }

    @TempDir private Path temporary;

    /// The training rows of GSM8K are not at hand: those that the recorded prompts hold are put at
    /// their places among others that must not occur.
    private Path data(Variant variant) throws IOException {
        Path data = Shared.orSkip(variant.data());
        if (!variant.where().contains("train_rows")) return data;
        var rows = new ArrayList<String>(Collections.nCopies(7473, row("none", "#### 0")));
        for (var recorded : Shared.lines(Shared.orSkip("golden/eval/gsm8k/lm-eval.jsonl"))) {
            if (!recorded.has("train_rows")) continue;
            var shots = recorded.get("prompt").asString().split("\n\nQuestion: ", -1);
            for (int i = 0; i < 5; i++) {
                var parts = shots[i].replaceFirst("^Question: ", "").split("\nAnswer: ", 2);
                rows.set(recorded.get("train_rows").get(i).asInt(), row(parts[0], parts[1]));
            }
        }
        Path folder = Files.createDirectories(temporary.resolve("gsm8k"));
        Files.write(folder.resolve("train.jsonl"), rows);
        Files.copy(data.resolve("gsm8k/test.jsonl"), folder.resolve("test.jsonl"));
        return temporary;
    }

    private static String row(String question, String answer) {
        return Shared.JSON
                .createObjectNode()
                .put("question", question)
                .put("answer", answer)
                .toString();
    }

    /// Variants of GSM8K are recorded under names of their own.
    private static String subject(JsonNode row) {
        String subject = row.get("subject").asString();
        return subject.startsWith("gsm8k") ? "gsm8k" : subject;
    }

    /// As many as the protocol wants where the record does not say.
    private static int shots(JsonNode row) {
        return row.has("shots") ? row.get("shots").asInt() : 5;
    }

    private static Map<Integer, Exercise> exercises(Variant variant, Path data, List<JsonNode> rows)
            throws IOException {
        int last = rows.stream().mapToInt(row -> row.get("index").asInt()).max().orElseThrow();
        var settings =
                TaskSettings.of(data)
                        .withProtocol(variant.protocol())
                        .withShots(shots(rows.getFirst()))
                        .withLimit(last + 1);
        String what = variant.task() + ":" + subject(rows.getFirst());
        var byIndex = new HashMap<Integer, Exercise>();
        for (var exercise : Tasks.open(what, settings, order(rows)).exercises(_ -> 0))
            byIndex.put(exercise.index(), exercise);
        return byIndex;
    }

    /// The order that the original drew, where it drew one.
    private static @org.jspecify.annotations.Nullable ExampleOrder order(List<JsonNode> rows) {
        if (!rows.getFirst().has("shot_order")) return null;
        var orders = new HashMap<Integer, List<Integer>>();
        for (var row : rows) {
            var order = new ArrayList<Integer>();
            for (var place : row.get("shot_order")) order.add(place.asInt());
            orders.put(row.get("index").asInt(), order);
        }
        return (_, _, _) -> item -> Objects.requireNonNull(orders.get(item.row()));
    }

    private static void check(JsonNode row, Exercise exercise) {
        var ask = exercise.asks().getFirst();
        switch (ask.prompt()) {
            case Prompt.Text text -> checkText(row, text.text());
            case Prompt.Chat chat -> assertThat(chat.messages()).isEqualTo(messages(row));
        }
        if (row.has("continuations") && row.get("continuations").isArray())
            assertThat(((Ask.Likelihood) ask).continuations())
                    .isEqualTo(texts(row.get("continuations")));
        else if (row.has("choices") && row.get("choices").isArray())
            assertThat(exercise.choices()).isEqualTo(texts(row.get("choices")));
        checkKey(row, exercise);
        assertThat(exercise.dropped()).isZero();
    }

    /// The original of C-Eval stops without examples; what it would have asked has no header, which
    /// its own README wants.
    private static void checkText(JsonNode row, String text) {
        String recorded = row.get("prompt").asString();
        boolean headless = row.toString().contains("header is never made");
        if (headless) assertThat(text).startsWith("以下是中国关于").endsWith("\n\n" + recorded);
        else assertThat(text).isEqualTo(recorded);
    }

    private static void checkKey(JsonNode row, Exercise exercise) {
        var answer = row.get("answer");
        if (answer == null) return;
        var expected = new ArrayList<String>();
        for (var one : answer.isArray() ? answer : Shared.JSON.createArrayNode().add(answer))
            expected.add(one.isNumber() ? Item.letter(one.asInt()) : result(one.asString()));
        assertThat(exercise.key()).isEqualTo(expected);
    }

    /// Some records of GSM8K hold the whole answer.
    private static String result(String answer) {
        int at = answer.lastIndexOf("#### ");
        return at < 0 ? answer : answer.substring(at + "#### ".length());
    }

    private static List<String> texts(JsonNode list) {
        var texts = new ArrayList<String>();
        for (var text : list) texts.add(text.asString());
        return texts;
    }

    private static List<ChatMessage> messages(JsonNode row) {
        var messages = new ArrayList<ChatMessage>();
        for (var message : row.get("messages"))
            messages.add(
                    new ChatMessage(
                            ChatMessage.Role.parse(message.get("role").asString(), "role"),
                            message.get("content").asString()));
        return messages;
    }
}
