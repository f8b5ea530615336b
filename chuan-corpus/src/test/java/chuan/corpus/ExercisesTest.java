package chuan.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import chuan.corpus.Chats.Chat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExercisesTest {
    private static final Path COMMITTED = Path.of("..", "runs", "data", "exercises.yaml");

    @TempDir Path folder;

    private Exercises exercises(String yaml) throws IOException {
        Path file = folder.resolve("exercises.yaml");
        Files.writeString(file, yaml);
        return Exercises.read(file);
    }

    private static String answer(Chat chat) {
        return chat.turns().getLast().content();
    }

    private static String question(Chat chat) {
        return chat.turns().getFirst().content();
    }

    @Test
    void slotsHoldTheSameWordAndAgree() throws IOException {
        Exercises exercises =
                exercises(
                        """
                        words:
                          who: [{en: she, form: third}, {en: we, form: base}]
                          eat: [{base: eat, third: eats}]
                          animal: [{en: cat}, {en: ox}]
                        sets:
                          feed:
                            sentences: [{text: "{Who.en} {eat.{who.form}} with {animal.a}, not {animal2.a}."}]
                            dialogues: [{lang: en, ask: ["Say: {text}"], answer: ["{text}"]}]
                        """);
        assertThat(exercises.draw("feed", "en", 100).stream().map(ExercisesTest::answer))
                .containsExactlyInAnyOrder(
                        "She eats with a cat, not an ox.",
                        "She eats with an ox, not a cat.",
                        "We eat with a cat, not an ox.",
                        "We eat with an ox, not a cat.");
    }

    @Test
    void whatATemplateLacksIsNamed() throws IOException {
        Exercises exercises =
                exercises(
                        """
                        words: {animal: [{en: cat}]}
                        sets:
                          one: {dialogues: [{lang: en, ask: ["{animal.zh}?"], answer: ["yes"]}]}
                          two: {dialogues: [{lang: en, ask: ["{plant.en}?"], answer: ["yes"]}]}
                        """);
        assertThatThrownBy(() -> exercises.draw("one", "en", 1))
                .isInstanceOf(CorpusException.class)
                .hasMessageContaining("exercises.yaml")
                .hasMessageContaining("no word of 'animal' has 'zh'");
        assertThatThrownBy(() -> exercises.draw("two", "en", 1))
                .hasMessageContaining("no words 'plant'");
        assertThatThrownBy(() -> exercises.draw("two", "zh", 1))
                .hasMessageContaining("language zh");
        assertThatThrownBy(() -> exercises.draw("three", "en", 1)).hasMessageContaining("no set");
    }

    @Test
    void committedSumsAreRightInEveryStep() {
        Pattern number = Pattern.compile("\\d+");
        Pattern equation = Pattern.compile("(\\d+) ?\\+ ?(\\d+) ?= ?(\\d+)");
        for (String lang : List.of("zh", "en")) {
            List<Chat> sums = Exercises.read(COMMITTED).draw("sums", lang, 3000);
            assertThat(sums).hasSize(3000);
            for (Chat chat : sums) {
                List<Integer> asked = numbers(number.matcher(question(chat)));
                assertThat(asked).as(question(chat)).hasSize(2);
                int a = asked.getFirst();
                int b = asked.getLast();
                List<List<Integer>> steps =
                        equation.matcher(answer(chat))
                                .results()
                                .map(r ->
                                        IntStream.rangeClosed(1, 3)
                                                .mapToObj(i -> Integer.valueOf(r.group(i)))
                                                .toList())
                                .toList();
                assertThat(steps).as(answer(chat)).allMatch(s -> s.get(0) + s.get(1) == s.get(2));
                assertThat(steps.getLast()).containsExactly(a, b, a + b);
                assertThat(numbers(number.matcher(answer(chat))).getLast()).isEqualTo(a + b);
            }
        }
    }

    private static List<Integer> numbers(Matcher matcher) {
        return matcher.results().map(r -> Integer.valueOf(r.group())).toList();
    }

    @Test
    void nothingHeldOutIsTrainedOnInAnyWording() throws IOException {
        Path yaml = folder.resolve("chat.yaml");
        Files.writeString(
                yaml,
                """
                data: .
                output: out
                sources:
                  - {name: sums, lang: zh, exercises: %1$s, most: 4000, held-out: 0.1}
                  - {name: sums, lang: en, exercises: %1$s, most: 4000, held-out: 0.1}
                """
                        .formatted(COMMITTED.toAbsolutePath()));
        Chats.prepare(ChatConfig.read(yaml, null, null));
        Set<String> trained = pairs("out/train.jsonl.gz");
        Set<String> heldOut = pairs("out/heldout.jsonl.gz");
        assertThat(heldOut).hasSizeBetween(300, 700).doesNotContainAnyElementsOf(trained);
        assertThat(trained).hasSizeGreaterThan(3000);
    }

    private Set<String> pairs(String name) {
        Set<String> pairs = new HashSet<>();
        Pattern number = Pattern.compile("\\d+");
        try (var lines = new JsonLines(folder.resolve(name))) {
            lines.forEachRemaining(node ->
                    pairs.add(
                            number.matcher(node.at("/messages/0/content").stringValue())
                                    .results()
                                    .map(r -> r.group())
                                    .sorted()
                                    .collect(Collectors.joining("+"))));
        }
        return pairs;
    }

    @Test
    void committedExercisesFillTheirTemplatesAndEnd() {
        Exercises exercises = Exercises.read(COMMITTED);
        Pattern end = Pattern.compile("[.!?。！？”\"]$");
        for (String set :
                List.of("simple-translation", "sums", "counting", "calendar", "made-stories")) {
            for (String lang : List.of("zh", "en")) {
                List<Chat> chats = exercises.draw(set, lang, 2000);
                assertThat(chats.size()).as(set).isGreaterThan(50);
                assertThat(chats).isEqualTo(exercises.draw(set, lang, 2000));
                for (Chat chat : chats) {
                    assertThat(question(chat) + answer(chat)).doesNotContain("{", "}", "null");
                    assertThat(end.matcher(answer(chat)).find()).as(answer(chat)).isTrue();
                }
            }
        }
    }
}
