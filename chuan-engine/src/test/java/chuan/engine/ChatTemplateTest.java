package chuan.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import chuan.engine.ChatMessage.Role;
import chuan.engine.ChatTemplate.Format;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The prompt builder with made-up texts: `u600` is a user's message of 600 tokens.
class ChatTemplateTest {
    private static final int USER = 195;
    private static final int ASSISTANT = 196;
    private static final int END = 2;

    /// Tokens of a message count upwards from 1000 times its place, so every one is told apart.
    private static List<ChatMessage> conversation(String words) {
        var messages = new ArrayList<ChatMessage>();
        for (String word : words.split(" "))
            messages.add(
                    switch (word.charAt(0)) {
                        case 'u' -> ChatMessage.user(messages.size() + ":" + word.substring(1));
                        case 'a' ->
                                ChatMessage.assistant(messages.size() + ":" + word.substring(1));
                        case 's' -> ChatMessage.system(messages.size() + ":" + word.substring(1));
                        default -> throw new IllegalArgumentException(word);
                    });
        return messages;
    }

    private static int[] encode(String text) {
        var parts = text.split(":");
        int from = (Integer.parseInt(parts[0]) + 1) * 10_000;
        return IntStream.range(from, from + Integer.parseInt(parts[1])).toArray();
    }

    private static ChatTemplate.Prompt render(
            ChatTemplate template, String words, int context, int maxTokens) {
        return template.render(conversation(words), ChatTemplateTest::encode, context, maxTokens);
    }

    /// Ids written as `U u3 A`: runs of a message's tokens by its place and their number.
    private static String show(int[] ids) {
        var words = new ArrayList<String>();
        for (int i = 0; i < ids.length; ) {
            if (ids[i] < 10_000) {
                words.add(ids[i] == USER ? "U" : ids[i] == ASSISTANT ? "A" : "E");
                i++;
                continue;
            }
            int from = i;
            while (i < ids.length && ids[i] / 10_000 == ids[from] / 10_000) i++;
            boolean whole = ids[from] % 10_000 == 0;
            words.add((ids[from] / 10_000 - 1) + (whole ? ":" : "~") + (i - from));
        }
        return String.join(" ", words);
    }

    @ParameterizedTest
    @CsvSource({
        "u100 a200 u50,         2048, U 0:100 A 1:200 E U 2:50 A,      355",
        "u600 a600 u500 a400 u60, 2048, U 2:500 A 3:400 E U 4:60 A,    965",
        "u900 a942 u202,        2048, U 0:900 A 1:942 E U 2:202 A,     2049",
        "u900 a943 u202,        2048, U 2:202 A,                       204",
        "u600 a600 u3000,       2048, 2~2048 A,                        2049",
        "a10 u5,                2048, U 1:5 A,                         7",
        "u5 u6,                 2048, U 0:5 U 1:6 A,                   14",
        "u5 a6,                 2048, U 0:5 A 1:6 E A,                 15",
        "u3000 a500 u20,         512, U 0:3000 A 1:500 E U 2:20 A,     3525",
        "u3000,                 4000, 0~2048 A,                        2049"
    })
    void officialBuilderOfJuly2023(String words, int maxTokens, String shown, int length) {
        var official = render(ChatTemplate.baichuan().asOfficial(), words, 4096, maxTokens);
        assertThat(show(official.ids())).isEqualTo(shown);
        assertThat(official.ids()).hasSize(length);

        var ours = render(ChatTemplate.baichuan(), words, 4096, maxTokens);
        assertThat(ours.truncated()).isEqualTo(official.truncated()).isEqualTo(shown.contains("~"));
        if (!ours.truncated()) assertThat(ours.ids()).isEqualTo(official.ids());
        else assertThat(show(ours.ids())).startsWith("U ").endsWith("~2047 A");
    }

    @Test
    void formatV2HasNoEndAfterAnswersAndNoHalfRule() {
        var v2 = ChatTemplate.baichuan().withFormat(Format.V2);
        assertThat(show(render(v2, "u5 a6 u7", 100, 10).ids())).isEqualTo("U 0:5 A 1:6 U 2:7 A");
        assertThat(show(render(v2, "u5 a6", 100, 10).ids())).isEqualTo("U 0:5 A 1:6");
        var cut = render(v2, "u90", 100, 40);
        assertThat(show(cut.ids())).isEqualTo("U 0~58 A");
        assertThat(cut.truncated()).isTrue();
        assertThat(show(render(v2, "u5 a60 u5", 100, 100).ids())).isEqualTo("U 2:5 A");
        assertThatThrownBy(() -> render(v2.asOfficial(), "u5", 100, 100))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageStartingWith("max_tokens: 100 leaves no room");
    }

    @Test
    void systemTextStandsInFrontAndIsNeverCut() {
        for (var format : Format.values()) {
            var template = ChatTemplate.baichuan().withFormat(format);
            assertThat(show(render(template, "s4 u5 a6 u7", 1000, 10).ids()))
                    .isEqualTo(
                            format == Format.V1
                                    ? "0:4 U 1:5 A 2:6 E U 3:7 A"
                                    : "0:4 U 1:5 A 2:6 U 3:7 A");
            var dropped = render(template, "s30 u50 a50 u20", 100, 20);
            assertThat(show(dropped.ids())).isEqualTo("0:30 U 3:20 A");
            assertThat(dropped.droppedMessages()).isEqualTo(2);
            assertThat(dropped.truncated()).isFalse();
            var cut = render(template, "s30 u500", 100, 50);
            assertThat(show(cut.ids()))
                    .isEqualTo(format == Format.V1 ? "0:30 U 1~19 A" : "0:30 U 1~18 A");
            assertThat(cut.truncated()).isTrue();
            assertThatThrownBy(() -> render(template, "s60 u5", 100, 50))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessageStartingWith("messages[0].content: the system text takes 60");
        }
    }

    @Test
    void wrongConversationsNameTheField() {
        var template = ChatTemplate.baichuan();
        assertThatThrownBy(() -> template.render(List.of(), ChatTemplateTest::encode, 100, 10))
                .hasMessage("messages: is empty");
        assertThatThrownBy(() -> render(template, "u5 a5 s5 u5", 100, 10))
                .hasMessageStartingWith("messages[2].role: ");
        assertThatThrownBy(() -> render(template, "s5", 100, 10))
                .hasMessageStartingWith("messages: holds no message of the user");
        assertThatThrownBy(() -> Role.parse("tool", "messages[3].role"))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessage("messages[3].role: 'tool' is not one of system, user, assistant");
        assertThatThrownBy(() -> render(template.asOfficial(), "s5 u5", 100, 10))
                .hasMessageStartingWith("messages[0].role: ");
    }

    /// The prompt fits, begins with a system text or the user's id, holds whole newest rounds, and
    /// says so if it does not.
    @Test
    void randomConversationsKeepTheirPromises() {
        long seed = new SplittableRandom().nextLong();
        System.out.println("seed " + seed);
        var random = new SplittableRandom(seed);
        for (int round = 0; round < 2000; round++) {
            var words = new ArrayList<String>();
            if (random.nextInt(3) == 0) words.add("s" + random.nextInt(0, 10));
            for (int i = random.nextInt(6); i >= 0; i--)
                words.add((random.nextInt(3) == 0 ? "a" : "u") + random.nextInt(0, 40));
            words.add("u" + random.nextInt(0, 60));
            int context = random.nextInt(50, 200);
            int maxTokens = random.nextInt(1, 30);
            var format = random.nextBoolean() ? Format.V1 : Format.V2;
            var text = String.join(" ", words);
            var template = ChatTemplate.baichuan().withFormat(format);
            var prompt = render(template, text, context, maxTokens);
            var shown = show(prompt.ids());
            var note = "seed " + seed + ", " + format + ", " + text + " -> " + shown;
            int room = Math.max(context / 2, context - maxTokens) + (format == Format.V1 ? 1 : 0);
            assertThat(prompt.ids().length).as(note).isLessThanOrEqualTo(room);
            assertThat(shown.replaceFirst("^0:\\d+ ", "")).as(note).startsWith("U").endsWith("A");
            assertThat(shown.contains("~")).as(note).isEqualTo(prompt.truncated());
            if (!prompt.truncated()) {
                int[] last = encode(conversation(text).getLast().content());
                assertThat(
                                Arrays.copyOfRange(
                                        prompt.ids(),
                                        prompt.ids().length - 1 - last.length,
                                        prompt.ids().length - 1))
                        .as(note)
                        .isEqualTo(last);
                assertThat(prompt.ids()[prompt.ids().length - 2 - last.length]).isEqualTo(USER);
            }
        }
    }

    @Test
    void endIdIsTheTemplates() {
        var ids = render(ChatTemplate.baichuan(), "u1 a1 u1", 100, 10).ids();
        assertThat(ids[4]).isEqualTo(END);
    }
}
