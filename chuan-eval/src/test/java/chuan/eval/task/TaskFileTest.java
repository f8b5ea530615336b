package chuan.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import chuan.eval.Ask;
import chuan.eval.Grouping;
import chuan.eval.LetterTokens;
import chuan.eval.Prompt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A task file of somebody else: what it says is done, what is wrong in it is said.
final class TaskFileTest {
    private static final String MINE =
            """
            name: rivers
            version: 3
            title: Rivers
            chance: 0.5
            source: {about: https://example.org/rivers, licence: CC0}
            columns: {question: q, options: [yes, no], answer: right}
            splits: {pool: "{subject}-pool.csv", exam: "{subject}.csv"}
            protocol: plain
            protocols:
              plain:
                about: letters behind a question
                split: exam
                shots: {count: 2, from: pool, order: shuffled, seed: 7}
                average: micro
                item: "{question}{options} ->"
                option: " {letter}) {text}"
                answer: " {key};"
                between: " "
                header: "{title}! "
              long:
                about: whole options
                extends: plain
                ask: likelihood
                continuation: " {text}"
                layouts: {deep: {header: "Deep {handle}: "}}
            table: [Wet, Dry]
            subjects:
              big_rivers: {title: Big, in: Wet, form: deep}
              small: {in: [Wet, Dry]}
            """;

    @TempDir private Path folder;

    private String set(String yaml) throws IOException {
        for (String subject : List.of("big_rivers", "small")) {
            Files.writeString(
                    folder.resolve(subject + "-pool.csv"),
                    "q,yes,no,right\nP0,a,b,A\nP1,a,b,B\nP2,a,b,A\n");
            Files.writeString(
                    folder.resolve(subject + ".csv"), "q,yes,no,right\nQ0,a,b,1\nQ1,c,d,0\n");
        }
        return Files.writeString(folder.resolve("mine.yaml"), yaml).toString();
    }

    private static String text(Ask ask) {
        return ((Prompt.Text) ask.prompt()).text();
    }

    @Test
    void whatItSaysIsDone() throws IOException {
        var task = Tasks.open(set(MINE), TaskSettings.of(folder));
        assertThat(task.name()).isEqualTo("rivers");
        assertThat(task.title()).isEqualTo("Rivers");
        assertThat(task.chance()).isEqualTo(0.5);
        assertThat(task.titles())
                .containsEntry("big_rivers", "Big")
                .containsEntry("small", "small");
        assertThat(task.grouping())
                .isEqualTo(
                        new Grouping(
                                List.of(
                                        new Grouping.Column("Wet", List.of("big_rivers", "small")),
                                        new Grouping.Column("Dry", List.of("small"))),
                                Grouping.Average.MICRO));
        var exercises = task.exercises(_ -> 0);
        assertThat(exercises).hasSize(4);
        // python3: r = random.Random(7); r.sample(range(3), 3), twice
        assertThat(text(exercises.get(0).asks().getFirst()))
                .isEqualTo("Big! P1 A) a B) b -> B; P0 A) a B) b -> A; Q0 A) a B) b ->");
        assertThat(exercises.get(0).asks().getFirst())
                .isEqualTo(
                        new Ask.Letters(
                                exercises.get(0).asks().getFirst().prompt(),
                                List.of("A", "B"),
                                LetterTokens.WORD_START));
        assertThat(exercises.get(0).key()).containsExactly("B");
        assertThat(exercises.get(3).subject()).isEqualTo("small");
        assertThat(exercises.get(3).index()).isEqualTo(1);
        assertThat(exercises.get(3).shots()).isEqualTo(2);
    }

    @Test
    void protocolTakesFromAnotherWhatItDoesNotSay() throws IOException {
        var settings = TaskSettings.of(folder).withProtocol("long").withShots(0).withLimit(1);
        var exercises = Tasks.open(set(MINE), settings).exercises(_ -> 0);
        assertThat(exercises).hasSize(2);
        var ask = (Ask.Likelihood) exercises.get(0).asks().getFirst();
        assertThat(text(ask)).isEqualTo("Deep big rivers: Q0 A) a B) b ->");
        assertThat(ask.continuations()).containsExactly(" a", " b");
        assertThat(text(exercises.get(1).asks().getFirst())).isEqualTo("small! Q0 A) a B) b ->");
    }

    @Test
    void settingsOverrideTheProtocol() throws IOException {
        var settings =
                TaskSettings.of(folder)
                        .withLetters(LetterTokens.PLAIN)
                        .withChat(true)
                        .withShots(1)
                        .withSeed(8);
        var task = Tasks.open(set(MINE) + ":small", settings);
        var ask = (Ask.Letters) task.exercises(_ -> 0).getFirst().asks().getFirst();
        assertThat(ask.tokens()).isEqualTo(LetterTokens.PLAIN);
        assertThat(((Prompt.Chat) ask.prompt()).messages()).hasSize(1);
        assertThat(task.facts())
                .containsEntry("letter tokens", "plain")
                .containsEntry("prompt", "one message")
                .containsEntry("shots", 1)
                .containsEntry("subjects", "1 of 2 in the set")
                .containsEntry(
                        "examples",
                        "pool shuffled for each question: random.Random(8).sample(range(n), n) of Python");
        assertThat(task.grouping().columns()).hasSize(2);
        assertThat(task.titles()).containsOnlyKeys("small");
    }

    /// The same settings give the same prompts.
    @Test
    void drawsAreRepeatable() throws IOException {
        var file = set(MINE);
        assertThat(Tasks.open(file, TaskSettings.of(folder)).exercises(_ -> 0))
                .isEqualTo(Tasks.open(file, TaskSettings.of(folder)).exercises(_ -> 0));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "name: rivers | name: Rivers! | : name: Rivers!: small letters",
                "version: 3 | version: three | : version: should be a whole number, not \"three\"",
                "chance: 0.5 | chance: 2 | : chance: 2.0: from 0 to below 1",
                "licence: CC0 | license: CC0 | : source.licence: is missing",
                "protocol: plain | protocol: nix | : protocol: there is none called nix",
                "split: exam | split: nix | : protocols.plain.split: there is no split nix",
                "from: pool | from: nix | : protocols.plain.shots.from: there is no split nix",
                "order: shuffled | order: mixed | : protocols.plain.shots.order: mixed is none of first, shuffled",
                "average: micro | averge: micro | : protocols.plain.averge: is unknown; known here are ",
                "{question}{options} -> | {qestion} | : protocols.plain.item: {qestion} is unknown; known are ",
                "{letter}) | {leter}) | : protocols.plain.option: {leter} is unknown; known are letter, text",
                "extends: plain | extends: nix | : protocols.long.extends: there is no protocol nix",
                "extends: plain | extends: long | : protocols.long.extends: goes round in a circle",
                "layouts: {deep: | layouts: {shallow: | : protocols.long.layouts.shallow: is unknown",
                "in: Wet, form | in: Damp, form | : subjects.big_rivers.in: \"Damp\" is no column of the table",
                "[Wet, Dry] | [Wet, Dry, Empty] | : table: no subject is in \"Empty\"",
                "options: [yes, no], | | : columns.options: is missing",
                "table: [Wet | tabel: [Wet | : subjects.big_rivers.in: \"Wet\" is no column of the table",
                "title: Rivers | titel: Rivers | : titel: is unknown; known here are ",
                "ask: likelihood | ask: write | : protocols.long.layouts.deep.judge: is missing",
                "ask: likelihood | judge: nix | : protocols.long.layouts.deep.judge: nix is none of strict-letter,",
                "ask: likelihood | {ask: write, judge: gaokao | is not YAML"
            })
    void whatIsWrongIsSaid(String old, String wrong, String message) throws IOException {
        assertThat(MINE).contains(old);
        int at = MINE.indexOf(old);
        String yaml =
                MINE.substring(0, at)
                        + (wrong == null ? "" : wrong)
                        + MINE.substring(at + old.length());
        var file = set(yaml);
        assertThatThrownBy(() -> Tasks.open(file, TaskSettings.of(folder)))
                .isInstanceOf(TaskException.class)
                .hasMessageStartingWith(file + ":")
                .hasMessageContaining(message);
    }

    @Test
    void sameKeyTwiceIsSaid() throws IOException {
        var file = set(MINE + "name: again\n");
        assertThatThrownBy(() -> Tasks.open(file, TaskSettings.of(folder)))
                .isInstanceOf(TaskException.class)
                .hasMessageContaining("Duplicate");
    }

    @Test
    void judgeOfKindsWantsTheSubjectsKind() throws IOException {
        var file = set(MINE.replace("ask: likelihood", "ask: write\n    judge: gaokao"));
        assertThatThrownBy(() -> Tasks.open(file, TaskSettings.of(folder)))
                .isInstanceOf(TaskException.class)
                .hasMessage(
                        file
                                + ": subjects.big_rivers.kind: should be one of single-choice,"
                                + " multi-question-choice, multi-choice, five-out-of-seven for long");
    }

    @Test
    void wordOfTheTaskFilesIsRight() throws IOException {
        for (String name : Tasks.names()) {
            var card = Tasks.card(name);
            assertThat(card.name()).isEqualTo(name);
            assertThat(card.version()).isPositive();
            assertThat(card.protocols()).containsKey(card.protocol());
            assertThat(card.source().licence()).isNotEmpty();
            assertThat(card.source().files()).isNotEmpty();
        }
    }
}
