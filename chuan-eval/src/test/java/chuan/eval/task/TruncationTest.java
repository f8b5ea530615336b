package chuan.eval.task;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.eval.Exercise;
import chuan.eval.Prompt;
import chuan.tokenizer.Tokenizer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// What goes when a prompt is too long, as recorded from the original scripts with the official
/// vocabulary.
final class TruncationTest {
    private static ToIntFunction<String> official() throws IOException {
        var tokenizer = Tokenizer.load(Shared.orSkip("golden/tokenizer/tokenizer.model"));
        return text -> tokenizer.encode(text).length;
    }

    private static String text(Exercise exercise) {
        return ((Prompt.Text) exercise.asks().getFirst().prompt()).text();
    }

    /// Every one of the 14,042 test questions.
    @Test
    void mmluKeepsWhatBaichuansScriptKept() throws IOException {
        var count = official();
        var expected = new HashMap<String, JsonNode>();
        for (var row :
                Shared.lines(Shared.orSkip("golden/eval/truncation/mmlu-baichuan-2048.jsonl")))
            expected.put(row.get("subject").asString() + "/" + row.get("index"), row);
        assertThat(expected).hasSize(460);
        var settings = TaskSettings.of(Shared.orSkip("data/eval"));
        var exercises = Tasks.open("mmlu", settings).exercises(count);
        assertThat(exercises).hasSize(14042);
        int shortened = 0;
        for (var exercise : exercises) {
            var row = expected.get(exercise.subject() + "/" + exercise.index());
            int shots = row == null ? 5 : row.get("shots_used").asInt();
            assertThat(exercise.shots()).as("%s", exercise.subject()).isEqualTo(shots);
            assertThat(exercise.dropped()).isEqualTo(5 - shots);
            if (row == null) continue;
            shortened++;
            assertThat(count.applyAsInt(text(exercise))).isEqualTo(row.get("tokens_used").asInt());
        }
        assertThat(shortened).isEqualTo(460);
    }

    @Test
    void cmmluDropsTheLongestAsItsAuthorsDo() throws IOException {
        var count = official();
        var groups = new LinkedHashMap<String, List<JsonNode>>();
        for (var row :
                Shared.lines(Shared.orSkip("golden/eval/truncation/cmmlu-authors-512.jsonl")))
            groups.computeIfAbsent(row.get("subject").asString(), _ -> new ArrayList<>()).add(row);
        var settings = TaskSettings.of(Shared.orSkip("data/eval")).withContext(512).withLimit(12);
        int compared = 0;
        for (var group : groups.entrySet()) {
            Map<Integer, Exercise> exercises = new HashMap<>();
            for (var exercise : Tasks.open("cmmlu:" + group.getKey(), settings).exercises(count))
                exercises.put(exercise.index(), exercise);
            for (var row : group.getValue()) {
                var exercise = Objects.requireNonNull(exercises.get(row.get("index").asInt()));
                assertThat(exercise.shots()).isEqualTo(row.get("kept_shots").size());
                assertThat(count.applyAsInt(text(exercise))).isEqualTo(row.get("tokens").asInt());
                assertThat(text(exercise).startsWith("以下是"))
                        .isEqualTo(row.get("header").asBoolean());
                if (row.has("prompt"))
                    assertThat(text(exercise)).isEqualTo(row.get("prompt").asString());
                compared++;
            }
        }
        assertThat(compared).isEqualTo(93);
    }

    @Test
    void cmmluNeverLosesAnExampleAt2048() throws IOException {
        var settings = TaskSettings.of(Shared.orSkip("data/eval"));
        var exercises = Tasks.open("cmmlu", settings).exercises(official());
        assertThat(exercises).hasSize(11582).allMatch(e -> e.shots() == 5 && e.dropped() == 0);
    }

    private static Truncation.Kept keep(Truncation.Rule rule, int tokens, int... lengths) {
        var shots = new ArrayList<Item>();
        for (int i = 0; i < lengths.length; i++)
            shots.add(new Item(i, "", "x".repeat(lengths[i]), List.of(), List.of(), "", Map.of()));
        return new Truncation(rule, tokens)
                .keep(
                        shots,
                        some ->
                                new Truncation.Parts(
                                        "hh", some.stream().map(Item::question).toList(), "qqq"),
                        String::length);
    }

    private static List<Integer> rows(Truncation.Kept kept) {
        return kept.shots().stream().map(Item::row).toList();
    }

    /// One character is one token here.
    @Test
    void rulesStandByThemselves() {
        assertThat(rows(keep(Truncation.Rule.DROP_LAST, 14, 4, 5, 3))).containsExactly(0, 1);
        assertThat(rows(keep(Truncation.Rule.DROP_LAST, 17, 4, 5, 3))).containsExactly(0, 1, 2);
        assertThat(rows(keep(Truncation.Rule.DROP_LAST, 1, 4, 5, 3))).isEmpty();
        assertThat(rows(keep(Truncation.Rule.DROP_LONGEST, 13, 4, 5, 3, 5))).containsExactly(0, 2);
        assertThat(rows(keep(Truncation.Rule.DROP_LONGEST, 12, 4, 5, 3, 5))).containsExactly(2);
        assertThat(keep(Truncation.Rule.DROP_LONGEST, 5, 4).header()).isTrue();
        assertThat(keep(Truncation.Rule.DROP_LONGEST, 4, 4).header()).isFalse();
        assertThat(rows(keep(Truncation.Rule.NONE, 1, 4, 5))).containsExactly(0, 1);
    }

    @Test
    void nothingIsDroppedByWhomCannotCount() {
        var shots = List.of(new Item(0, "", "x", List.of(), List.of(), "", Map.of()));
        var kept =
                new Truncation(Truncation.Rule.DROP_LAST, 1)
                        .keep(
                                shots,
                                some -> new Truncation.Parts("", List.of("x"), "q"),
                                _ -> {
                                    throw new UnsupportedOperationException();
                                });
        assertThat(kept.shots()).isEqualTo(shots);
    }
}
