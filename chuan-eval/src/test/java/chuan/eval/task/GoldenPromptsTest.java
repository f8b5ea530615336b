package chuan.eval.task;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.engine.ChatMessage;
import chuan.eval.Ask;
import chuan.eval.Exercise;
import chuan.eval.Prompt;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
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
                new Variant("cmmlu/lm-eval", "", 96, "cmmlu", "lm-eval", eval),
                new Variant("ceval/baichuan", "", 18, "ceval", "official", ceval),
                new Variant("ceval/lm-eval", "", 18, "ceval", "lm-eval", ceval),
                new Variant(
                        "ceval/authors-llama",
                        "english-handle",
                        9,
                        "ceval",
                        "authors-handle",
                        ceval),
                new Variant("ceval/authors-llama", "chinese-name", 9, "ceval", "authors", ceval));
    }

    @ParameterizedTest
    @MethodSource("variants")
    void promptsAreTheRecordedOnes(Variant variant) throws IOException {
        Path data = Shared.orSkip(variant.data());
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

    private static String subject(JsonNode row) {
        return row.get("subject").asString();
    }

    private static int shots(JsonNode row) {
        return row.has("shots") ? row.get("shots").asInt() : 0;
    }

    private static Map<Integer, Exercise> exercises(Variant variant, Path data, List<JsonNode> rows)
            throws IOException {
        var settings =
                TaskSettings.of(data)
                        .withProtocol(variant.protocol())
                        .withShots(shots(rows.getFirst()));
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
            case Prompt.Text text ->
                    assertThat(text.text()).isEqualTo(row.get("prompt").asString());
            case Prompt.Chat chat -> assertThat(chat.messages()).isEqualTo(messages(row));
        }
        if (row.has("continuations"))
            assertThat(((Ask.Likelihood) ask).continuations())
                    .isEqualTo(texts(row.get("continuations")));
        else if (row.has("choices") && row.get("choices").isArray())
            assertThat(exercise.choices()).isEqualTo(texts(row.get("choices")));
        checkKey(row, exercise);
        assertThat(exercise.dropped()).isZero();
    }

    private static void checkKey(JsonNode row, Exercise exercise) {
        var answer = row.get("answer");
        if (answer == null) return;
        var expected = new ArrayList<String>();
        for (var one : answer.isArray() ? answer : Shared.JSON.createArrayNode().add(answer))
            expected.add(one.isNumber() ? Item.letter(one.asInt()) : one.asString());
        assertThat(exercise.key()).isEqualTo(expected);
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
