package chuan.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.corpus.ChatConfig.ChatSource;
import chuan.corpus.Chats.Turn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChatsTest {
    @TempDir Path folder;

    private static ChatSource source(int rounds, int longestAnswer) {
        return new ChatSource(
                "s",
                "en",
                new ChatConfig.Origin.Found(Path.of("none")),
                10,
                1,
                0.02,
                rounds,
                50,
                longestAnswer,
                List.of(Pattern.compile("rude")),
                Map.of());
    }

    private static List<Turn> turns(String... contents) {
        List<Turn> turns = new ArrayList<>();
        for (int i = 0; i < contents.length; i++) {
            turns.add(new Turn(i % 2 == 0 ? "user" : "assistant", contents[i]));
        }
        return turns;
    }

    @Test
    void dialoguesEndBeforeWhatIsTooLong() {
        List<Turn> dialogue = turns("hi", "hello", "and?", "x".repeat(30), "bye", "bye");
        assertThat(Chats.prune(dialogue, source(3, 20))).hasValue(dialogue.subList(0, 2));
        assertThat(Chats.prune(dialogue, source(2, 40))).hasValue(dialogue.subList(0, 4));
        assertThat(Chats.prune(turns("hi", "x".repeat(30)), source(3, 20))).isEmpty();
    }

    @Test
    void badDialoguesGo() {
        assertThat(Chats.prune(turns("hi", "a rude word"), source(1, 99))).isEmpty();
        assertThat(Chats.prune(turns("hi", "see https://example.org"), source(1, 99))).isEmpty();
        assertThat(Chats.prune(turns("湯姆給瑪麗", "hello"), source(1, 99))).isEmpty();
        assertThat(Chats.prune(turns("no answer"), source(1, 99))).isEmpty();
    }

    @Test
    void ourDialoguesAreRepeatedAndMixed() throws IOException {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 20; i++) {
            lines.append(
                    """
                    {"messages":[{"role":"user","content":"q%d"},{"role":"assistant","content":"a"}],"lang":"en","id":"i%d"}
                    """
                            .formatted(i, i));
        }
        Files.writeString(folder.resolve("ours.jsonl"), lines);
        Path yaml = folder.resolve("chat.yaml");
        Files.writeString(
                yaml,
                """
                data: .
                output: out
                sources:
                  - {name: ours, lang: en, file: ours.jsonl, repeat: 3, replace: {"a": "b"}}
                """);
        String table = Chats.prepare(ChatConfig.read(yaml, null, null));
        assertThat(table).containsPattern("en/ours +20 +20 +0 +60");
        List<String> ids = new ArrayList<>();
        try (var file = new JsonLines(folder.resolve("out/train.jsonl.gz"))) {
            file.forEachRemaining(node -> ids.add(node.get("id").stringValue()));
        }
        assertThat(ids).hasSize(60);
        try (var file = new JsonLines(folder.resolve("out/train.jsonl.gz"))) {
            file.forEachRemaining(node ->
                    assertThat(node.at("/messages/1/content").stringValue()).isEqualTo("b"));
        }
        assertThat(ids.stream().distinct()).hasSize(20);
        assertThat(ids.subList(0, 20).stream().distinct().count()).isLessThan(20);
    }

    @Test
    void theCommittedDialoguesAreWellFormed() {
        Path file = Path.of("..", "runs", "data", "self-introduction.jsonl");
        int[] count = new int[2];
        try (var lines = new JsonLines(file)) {
            lines.forEachRemaining(node -> {
                count[node.get("lang").stringValue().equals("zh") ? 0 : 1]++;
                var messages = node.get("messages");
                assertThat(messages.size()).isPositive().isEven();
                for (int i = 0; i < messages.size(); i++) {
                    assertThat(messages.get(i).get("role").stringValue())
                            .isEqualTo(i % 2 == 0 ? "user" : "assistant");
                    assertThat(messages.get(i).get("content").stringValue()).isNotBlank();
                }
            });
        }
        System.out.println("our dialogues: zh " + count[0] + ", en " + count[1]);
        assertThat(count[0]).isGreaterThan(250);
        assertThat(count[1]).isGreaterThan(250);
    }
}
