package chuan.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import chuan.eval.Exercise;
import chuan.eval.Prompt;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What is wrong with a set or a task file is said with file, place and remedy. All questions are
/// invented.
final class BrokenInputTest {
    private static final String HEADER = ",Question,A,B,C,D,Answer\n";
    private static final String ROW = "0,Wie spät?,eins,zwei,drei,vier,B\n";

    @TempDir private Path data;

    private Path write(String name, String text) throws IOException {
        return write(name, text, StandardCharsets.UTF_8);
    }

    private Path write(String name, String text, Charset charset) throws IOException {
        Path file = data.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.write(file, text.getBytes(charset));
    }

    private List<Exercise> exercises(String test) throws IOException {
        write("cmmlu/dev/anatomy.csv", HEADER + ROW);
        write("cmmlu/test/anatomy.csv", test);
        return Tasks.open("cmmlu:anatomy", TaskSettings.of(data).withShots(1)).exercises(_ -> 0);
    }

    private AbstractThrowableAssert<?, ? extends Throwable> failure(String test) {
        return assertThatThrownBy(() -> exercises(test)).isInstanceOf(TaskException.class);
    }

    private String file() {
        return data.resolve("cmmlu/test/anatomy.csv").toString();
    }

    private static String text(Exercise exercise) {
        return ((Prompt.Text) exercise.asks().getFirst().prompt()).text();
    }

    @Test
    void byteOrderMarkQuotesAndLineFeedsAreRead() throws IOException {
        var exercises =
                exercises(
                        "\ufeff"
                                + HEADER
                                + "0,\"Sagt er \"\"nein, danke\"\"?\nZeile 2\",\"a,b\",\"\",\" c \",d,d\r\n"
                                + "1,\"A\rB\",1,2,3,4, C \n");
        assertThat(exercises).hasSize(2);
        assertThat(text(exercises.get(0)))
                .endsWith("题目：Sagt er \"nein, danke\"?\nZeile 2\nA. a,b\nB. \nC.  c \nD. d\n答案是：");
        assertThat(exercises.get(0).key()).containsExactly("D");
        assertThat(text(exercises.get(1))).contains("题目：A\rB\nA. 1");
        assertThat(exercises.get(1).key()).containsExactly("C");
        assertThat(text(exercises.get(1)))
                .startsWith("以下是关于解剖学的单项选择题")
                .contains("答案是：B\n\n题目：A\rB");
    }

    @Test
    void missingColumnIsNamed() {
        failure(",Question,A,B,C,Answer\n0,q,a,b,c,A\n")
                .hasMessage(
                        file()
                                + ": line 1: there is no column D; the columns are , Question, A, B, C,"
                                + " Answer; name them as the set has them, or fetch the set again");
    }

    @Test
    void aNulIsNoText() {
        failure(HEADER + ROW + "1,q\0,a,b,c,d,A\n")
                .hasMessage(
                        file()
                                + ": line 3: holds a NUL, as no text does; save the file as UTF-8 or"
                                + " fetch it again");
    }

    /// Of a file that is no set a message shows the beginning alone.
    @Test
    void endlessLinesAreSaidInAShortOne() {
        for (String line :
                List.of("x".repeat(20 << 20), "name,".repeat(4 << 20), "\"" + "y".repeat(20 << 20)))
            failure(line + "\n").message().startsWith(file()).hasSizeLessThan(2000);
    }

    @Test
    void missingCellIsFound() {
        failure(HEADER + ROW + "1,\"q\n2\",a,b,c,A\n")
                .hasMessage(
                        file()
                                + ": line 3: has 6 cells, but there are 7 columns; look for a comma or a"
                                + " quotation mark out of place");
    }

    @Test
    void openQuotationMarkIsFound() {
        failure(HEADER + ROW + "1,\"q,a,b,c,d,A\n")
                .hasMessageStartingWith(file() + ": behind line 2: ")
                .hasMessageContaining("look for a quotation mark that is not closed");
    }

    @ParameterizedTest
    @CsvSource({"E", "''", "AA", "4", "答"})
    void answerThatIsNoneIsFound(String answer) {
        failure(HEADER + ROW + "1,q,a,b,c,d," + answer + "\n")
                .hasMessage(
                        file()
                                + ": line 3, column Answer: the answer is \""
                                + answer
                                + "\", not a letter from A to D; mend the row, or leave it out");
    }

    @Test
    void emptyFilesAreFound() {
        failure("").hasMessage(file() + ": is empty; copy or fetch it again");
        failure(HEADER).hasMessage(file() + ": holds no questions; fetch or copy the set again");
    }

    @Test
    void otherEncodingIsFound() throws IOException {
        write("cmmlu/dev/anatomy.csv", HEADER + ROW);
        write("cmmlu/test/anatomy.csv", HEADER + ROW, Charset.forName("GB18030"));
        assertThatThrownBy(() -> Tasks.open("cmmlu:anatomy", TaskSettings.of(data)))
                .hasMessage(file() + ": line 2: is not UTF-8; save the file as UTF-8");
    }

    @Test
    void missingFilesAreNamed() throws IOException {
        assertThatThrownBy(() -> Tasks.open("cmmlu", TaskSettings.of(data)))
                .isInstanceOf(TaskException.class)
                .hasMessage(
                        "cmmlu: there is no test/agronomy.csv in "
                                + data.resolve("cmmlu")
                                + ", "
                                + data
                                + "; say where the set is with --data, or fetch it with chuan eval --get"
                                + " cmmlu");
        write("cmmlu/test/anatomy.csv", HEADER + ROW);
        assertThatThrownBy(() -> Tasks.open("cmmlu", TaskSettings.of(data)))
                .hasMessageStartingWith(
                        data.resolve("cmmlu")
                                + ": 66 of 67 files are missing, such as test/agronomy.csv");
        assertThatThrownBy(() -> Tasks.open("cmmlu:anatomy", TaskSettings.of(data)))
                .hasMessageStartingWith(data.resolve("cmmlu") + ": there is no dev/anatomy.csv");
        assertThat(Tasks.open("cmmlu:anatomy", TaskSettings.of(data).withShots(0)).facts())
                .containsEntry("shots", 0);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "nix | | | nix: there is no such task; there are ",
                "cmmlu:nix | | | cmmlu: there is no subject \"nix\"",
                "cmmlu:anatomy | nix | | --protocol nix: cmmlu has none of this name; it has official,",
                "cmmlu:anatomy | | nix | cmmlu: there is no split nix; there are dev, test",
                "no/my.yaml | | | no/my.yaml: there is no such task file"
            })
    void wrongSettingsAreNamed(String what, String protocol, String split, String message) {
        var settings = TaskSettings.of(data);
        if (protocol != null) settings = settings.withProtocol(protocol);
        if (split != null) settings = settings.withSplit(split);
        var all = settings;
        assertThatThrownBy(() -> Tasks.open(what, all))
                .isInstanceOf(TaskException.class)
                .hasMessageContaining(message);
    }

    /// A set of the same columns without a header, as the authors of MMLU publish it, and one whose
    /// answers are numbers.
    @Test
    void mmluIsReadInBothForms() throws IOException {
        write("a/mmlu/test/anatomy_test.csv", "q,w,x,y,z,C\n");
        write(
                "b/mmlu/test/anatomy_test.csv",
                "question,choice0,choice1,choice2,choice3,answer\nq,w,x,y,z,2\n");
        write("c/data/test/anatomy_test.csv", "q,w,x,y,z,C\n");
        for (String folder : List.of("a", "b", "c")) {
            var settings = TaskSettings.of(data.resolve(folder)).withShots(0);
            var exercises = Tasks.open("mmlu:anatomy", settings).exercises(_ -> 0);
            assertThat(exercises).hasSize(1);
            assertThat(exercises.getFirst().key()).containsExactly("C");
            assertThat(exercises.getFirst().choices()).containsExactly("w", "x", "y", "z");
        }
    }

    /// C-Eval keeps the answers of its test split to itself.
    @Test
    void questionsWithoutAnswersAreNotScored() throws IOException {
        write("ceval/dev/law_dev.csv", "id,question,A,B,C,D,answer,explanation\n0,q,w,x,y,z,A,e\n");
        write("ceval/test/law_test.csv", "id,question,A,B,C,D\n0,q,w,x,y,z\n1,r,w,x,y,z\n");
        write("ceval/val/law_val.csv", "id,question,A,B,C,D\n0,q,w,x,y,z\n");
        var settings = TaskSettings.of(data).withShots(1);
        var task = Tasks.open("ceval:law", settings.withSplit("test"));
        assertThat(task.facts()).containsEntry("scored", false);
        assertThat(task.exercises(_ -> 0)).hasSize(2).allMatch(e -> e.key().isEmpty());
        assertThatThrownBy(() -> Tasks.open("ceval:law", TaskSettings.of(data)))
                .hasMessageStartingWith(
                        data.resolve("ceval/val/law_val.csv")
                                + ": line 1: there is no column answer;");
    }

    @Test
    void tooFewExamplesAreSaid() throws IOException {
        write("cmmlu/dev/anatomy.csv", HEADER + ROW);
        write("cmmlu/test/anatomy.csv", HEADER + ROW);
        assertThatThrownBy(() -> Tasks.open("cmmlu:anatomy", TaskSettings.of(data)))
                .isInstanceOf(TaskException.class)
                .hasMessage(
                        "cmmlu, anatomy: there are 1 examples for protocol official, which should show 5;"
                                + " give --shots 1");
        write("gsm8k/test.jsonl", "{\"question\": \"q\", \"answer\": \"#### 1\"}\n");
        var settings = TaskSettings.of(data).withProtocol("authors").withShots(1);
        assertThatThrownBy(() -> Tasks.open("gsm8k", settings))
                .hasMessage(
                        "gsm8k, gsm8k: there are 0 examples for protocol authors, which should show 1;"
                                + " give --shots 0");
    }

    @Test
    void brokenJsonIsFound() throws IOException {
        write(
                "gsm8k/test.jsonl",
                "{\"question\": \"q\", \"answer\": \"a #### 1\"}\n\n{\"question\": \n");
        assertThatThrownBy(() -> Tasks.open("gsm8k", TaskSettings.of(data)))
                .isInstanceOf(TaskException.class)
                .hasMessageStartingWith(data.resolve("gsm8k/test.jsonl") + ": line 3: is not JSON");
        write("gsm8k/test.jsonl", "{\"question\": \"q\", \"answer\": \"1\"}\n");
        assertThatThrownBy(() -> Tasks.open("gsm8k", TaskSettings.of(data)))
                .hasMessage(
                        data.resolve("gsm8k/test.jsonl")
                                + ": line 1, column answer: the answer has no \"#### \" in front of its"
                                + " result; mend the row");
        write("gsm8k/test.jsonl", "{\"question\": \"q\"}\n");
        assertThatThrownBy(() -> Tasks.open("gsm8k", TaskSettings.of(data)))
                .hasMessage(
                        data.resolve("gsm8k/test.jsonl")
                                + ": line 1: there is no answer; its fields are question");
        String keyword = "2010-2022_Physics_MCQs";
        write("gaokao/" + keyword + ".json", "{\"examples\": []}");
        assertThatThrownBy(() -> Tasks.open("gaokao:" + keyword, TaskSettings.of(data)))
                .hasMessageStartingWith(
                        data.resolve("gaokao/" + keyword + ".json")
                                + ": there is no list called example");
    }
}
