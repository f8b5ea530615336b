package chuan.eval.task;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// Subjects and columns of the tasks that come with the program are the published ones.
final class TablesTest {
    private static Map<String, Integer> sizes(String task) throws IOException {
        var sizes = new TreeMap<String, Integer>();
        for (var column : Tasks.file(task).table())
            sizes.put(column.name(), column.subjects().size());
        return sizes;
    }

    @Test
    void columnsHaveAsManySubjectsAsPublished() throws IOException {
        assertThat(sizes("mmlu"))
                .isEqualTo(
                        Map.of("STEM", 18, "Humanities", 13, "Social Sciences", 12, "Others", 14));
        assertThat(sizes("cmmlu"))
                .isEqualTo(
                        Map.of(
                                "STEM",
                                17,
                                "Humanities",
                                13,
                                "Social Sciences",
                                22,
                                "Others",
                                15,
                                "China Specific",
                                15));
        assertThat(sizes("ceval"))
                .isEqualTo(
                        Map.of(
                                "STEM",
                                20,
                                "Social Sciences",
                                10,
                                "Humanities",
                                11,
                                "Others",
                                11,
                                "Hard",
                                8));
        assertThat(Tasks.file("agieval").subjects()).hasSize(21);
        assertThat(Tasks.file("gaokao").subjects()).hasSize(14);
    }

    /// Columns but for those that overlap the others hold every subject once.
    @Test
    void columnsCoverTheSubjects() throws IOException {
        for (String task : Tasks.names()) {
            var file = Tasks.file(task);
            var all = new ArrayList<String>();
            for (var column : file.table())
                if (!List.of("Hard", "China Specific").contains(column.name()))
                    all.addAll(column.subjects());
            if (!file.table().isEmpty())
                assertThat(all).containsExactlyInAnyOrderElementsOf(file.subjects().keySet());
        }
    }

    @Test
    void subjectsAreTheRecordedOnes() throws IOException {
        for (String task : List.of("mmlu", "cmmlu", "ceval")) {
            var file = Tasks.file(task);
            var rows =
                    Shared.lines(Shared.orSkip("golden/eval/tables/" + task + "-subjects.jsonl"));
            assertThat(file.subjects()).hasSize(rows.size());
            for (var row : rows) {
                var subject = file.subject(row.get("subject").asString());
                if (row.has("zh")) assertThat(subject.title()).isEqualTo(row.get("zh").asString());
                if (row.has("zh_baichuan"))
                    assertThat(subject.more().getOrDefault("title-baichuan", subject.title()))
                            .isEqualTo(row.get("zh_baichuan").asString());
                String column = column(row.get("category").asString());
                boolean hard = row.has("hard") && row.get("hard").asBoolean();
                boolean china = row.has("china_specific") && row.get("china_specific").asBoolean();
                var expected = new ArrayList<>(List.of(column));
                if (hard) expected.add("Hard");
                if (china) expected.add("China Specific");
                assertThat(columns(file, subject.name())).isEqualTo(expected);
            }
        }
    }

    private static String column(String category) {
        if (category.startsWith("other") || category.equals("Other")) return "Others";
        if (category.toLowerCase(java.util.Locale.ROOT).startsWith("social"))
            return "Social Sciences";
        return category.equals("humanities") ? "Humanities" : category;
    }

    private static List<String> columns(TaskFile file, String subject) {
        var columns = new ArrayList<String>();
        for (var column : file.table())
            if (column.subjects().contains(subject)) columns.add(column.name());
        return columns;
    }

    @Test
    void setsOfAgievalKeepTheRecordedExamples() throws IOException {
        var file = Tasks.file("agieval");
        for (var row : Shared.lines(Shared.orSkip("golden/eval/tables/agieval-datasets.jsonl"))) {
            var more = file.subject(row.get("dataset").asString()).more();
            assertThat(
                            List.of(
                                    more.getOrDefault("kept", ""),
                                    more.getOrDefault("kept-cot", ""),
                                    more.getOrDefault("kept-chat", ""),
                                    more.getOrDefault("kept-chat-cot", "")))
                    .containsExactly(
                            row.get("few-shot_kept").asString(),
                            row.get("few-shot-CoT_kept").asString(),
                            row.get("few-shot_kept_chat").asString(),
                            row.get("few-shot-CoT_kept_chat").asString());
        }
    }

    @Test
    void promptsOfGaokaoAreTheRecordedOnes() throws IOException {
        var file = Tasks.file("gaokao");
        for (var row : Shared.lines(Shared.orSkip("golden/eval/tables/gaokao-objective.jsonl"))) {
            var more = file.subject(row.get("keyword").asString()).more();
            assertThat(more.getOrDefault("prompt", ""))
                    .isEqualTo(row.get("prefix_prompt").asString());
            assertThat(more.getOrDefault("kind", ""))
                    .isEqualTo(row.get("type").asString().replace('_', '-'));
        }
    }

    /// Every protocol of every task can be opened, and asks as many questions as the set has.
    @Test
    void setsHaveAsManyQuestionsAsPublished() throws IOException {
        var data = Shared.orSkip("data/eval");
        var expected =
                Map.of(
                        "mmlu/official", 14042,
                        "cmmlu/authors", 11582,
                        "gaokao/authors", 1781,
                        "gaokao/our-split", 1418 + 41 - 8 * 5,
                        "agieval/authors", 8269,
                        // seven keys of gaokao-mathqa are several letters in one text
                        "agieval/our-split", 4865 - 7 - 15 * 5,
                        "gsm8k/opencompass", 1319);
        for (var entry : expected.entrySet()) {
            var names = entry.getKey().split("/");
            var task = Tasks.open(names[0], TaskSettings.of(data).withProtocol(names[1]));
            assertThat(task.exercises(_ -> 0).size())
                    .as(entry.getKey())
                    .isEqualTo(entry.getValue());
            if (!names[0].equals("mmlu"))
                assertThat(task.facts().toString())
                        .as(entry.getKey())
                        .contains(
                                entry.getKey().endsWith("our-split")
                                        ? "SHA-256"
                                        : "the edition that the task file was made with");
        }
    }
}
