package chuan.eval.extract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import chuan.eval.Reply;
import chuan.eval.Verdict.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Replies that we made up, read by each rule as its description says.
class ReadersTest {
    private static final List<String> RIVERS = List.of("黄河", "长江", "珠江", "淮河");

    private static void reads(AnswerReader reader, Map<String, String> answers) {
        answers.forEach((reply, answer) ->
                assertThat(String.join(",", reader.read(reply))).as(reply).isEqualTo(answer));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            ignoreLeadingAndTrailingWhitespace = false,
            textBlock =
                    """
                    B|B
                     B|B
                    B.|B
                    (B)|B
                    （B）|B
                    【B】|B
                    **B**|B
                    Ｂ|B
                    答案：B|B
                    答案是B。|B
                    正确答案为：C|C
                    选D|D
                    选项 A|A
                    Answer: C|C
                    The answer is (A).|A
                    The correct answer is D|D
                    B. 长江|B
                    （C）珠江|C
                    B. 黄河|
                    B. it is long|
                    The answer is C because of it|
                    b|
                    E|
                    AB|
                    A or B|
                    A\\nB|
                    Because|
                    长江|
                    I cannot answer|
                    ''|
                    """)
    void strictLetter(String reply, String answer) {
        var found = new StrictLetter(4, RIVERS).read(reply.replace("\\n", "\n"));
        assertThat(found).isEqualTo(answer == null ? List.of() : List.of(answer));
    }

    @Test
    void cmmluTakesWhatIsSaidToBeRight() {
        reads(
                new CmmluReader(),
                Map.of(
                        "Certainly", "C",
                        "我想了想，故选择：D", "D",
                        "说 A、C 都不当选\n说来 B 和 D 之中，D 当选。", "C",
                        "他说 B\n他又说 D 当选", "D",
                        "没有答案", "",
                        "Ｂ", "",
                        "", ""));
    }

    @Test
    void cevalChat() {
        reads(
                CevalReader.CHAT_ZERO_SHOT,
                Map.of(
                        " C，因为", "C",
                        "选项B最好", "B",
                        "他选A", "",
                        "正确的一项是 D", "D",
                        "答案应该是：选项 A", "A",
                        "先看答案是A？再看，答案是B", "B",
                        "答案：A。答案是：B", "B",
                        "", ""));
        reads(
                CevalReader.CHAT_FEW_SHOT,
                Map.of("b.", "B", " (C) ", "C", "答案是C", "", "AB", "", "E", ""));
        reads(
                CevalReader.CHAT_COT,
                Map.of(
                        "先以为答案是A。后来答案是 C。", "C",
                        "答案为D。", "D",
                        "选项A是正确的。", "A",
                        "答案是长江。", "",
                        "答案是C", ""));
    }

    @Test
    void cevalReasoningMayEndInTheTextOfAnOption() {
        var judge = new WrittenJudge(CevalReader.TEXT_COT, Comparison.EQUAL, RIVERS, List.of("B"));
        assertThat(judge.judge("长江").choice()).isEqualTo("B");
        assertThat(judge.judge("长江").credit()).isOne();
        assertThat(judge.judge("想一想。\n答案是黄河").choice()).isEqualTo("A");
        assertThat(judge.judge("想一想。\n答案是黄河").credit()).isZero();
        assertThat(judge.judge("亚马孙河").outcome()).isEqualTo(Outcome.UNPARSED);
        assertThat(judge.judge("显然B。让我们一步一步思考，答案是A").choice()).isEqualTo("B");
    }

    @Test
    void agieval() {
        reads(
                new AgievalReader(AgievalReader.Kind.ENGLISH, AgievalReader.Setting.FEW_SHOT_COT),
                Map.of("A or B?\nThe answer is therefore G\n \n", "G", "Say D\nno more", "D"));
        reads(
                new AgievalReader(AgievalReader.Kind.CHINESE, AgievalReader.Setting.FEW_SHOT),
                Map.of("答案是 Z 或 C", "C", "H", ""));
        reads(
                new AgievalReader(AgievalReader.Kind.CLOZE, AgievalReader.Setting.ZERO_SHOT),
                Map.of(
                        "\\boxed{x = \\frac{1}{2}}", "\\frac{1}{2}",
                        "\\boxed 3}", "",
                        "$a$ 和 $b = 4$", "4",
                        "x = 7...", "7",
                        "共 12 人 30 次", "30",
                        "共12人", ""));
    }

    @Test
    void gaokaoPoints() {
        assertThat(GaokaoReader.points(List.of("A", "B"), List.of("A", "C"))).isEqualTo(0.5);
        assertThat(GaokaoReader.points(List.of("A"), List.of("A", "C"))).isZero();
        assertThat(GaokaoReader.pointsInPhysics(List.of("AB"), List.of("AB"))).isOne();
        assertThat(GaokaoReader.pointsInPhysics(List.of("A"), List.of("AB"))).isEqualTo(0.5);
        assertThat(GaokaoReader.pointsInPhysics(List.of("BA"), List.of("AB"))).isEqualTo(0.5);
        assertThat(GaokaoReader.pointsInPhysics(List.of("AC"), List.of("AB"))).isZero();
    }

    @Test
    void gsm8k() {
        String reply = "She has 3 - 7 = -4.\nThe answer is -4.00\n\nQuestion: 9?";
        reads(Gsm8kReader.OPEN_COMPASS_2023, Map.of(reply, "400", "no", ""));
        reads(Gsm8kReader.OPEN_COMPASS, Map.of(reply, "-4.00", "no", ""));
        assertThat(Gsm8kReader.OPEN_COMPASS.credit(List.of("-4.00"), List.of("-4"))).isOne();
        assertThat(Gsm8kReader.OPEN_COMPASS.credit(List.of("1200"), List.of("1,200"))).isOne();
        assertThat(Gsm8kReader.AUTHORS.credit(List.of("18.00"), List.of("18"))).isZero();
        assertThat(Gsm8kReader.LM_EVAL_FLEXIBLE.credit(List.of("$1,200."), List.of("1200")))
                .isOne();
        assertThat(Gsm8kReader.key("a <<1+1=2>>2\n#### 1,234")).contains("1234");
    }

    /// Pairs of the comments in the authors' code, and what they call equal.
    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '\0',
            textBlock =
                    """
                    \\frac12, \\frac{1}{2}, true
                    \\dfrac{3}{4}, 3/4, true
                    0.5, \\frac{1}{2}, true
                    .5, 1/2, true
                    0.25, \\frac{1}{4}, false
                    \\sqrt3, \\sqrt{3}, true
                    x=7, 7, true
                    abc=7, 7, false
                    90^\\circ, 90, true
                    5 \\text{ cm}, 5, true
                    \\left( 1\\right), (1), true
                    2\\%, 2, true
                    4/02, \\frac{4}{02}, false
                    \\frac, \\frac, true
                    \\frac, \\sqrt, false
                    \\frac1, \\frac1, true
                    """)
    void mathForm(String answer, String key, boolean equal) {
        assertThat(MathForm.equal(answer, key)).isEqualTo(equal);
        assertThat(MathForm.equal(key, answer)).isEqualTo(equal);
    }

    @Test
    void aFailureIsNoAnswerAndALetterMayComeInWords() {
        var judge =
                new WrittenJudge(new StrictLetter(4, List.of()), Comparison.EQUAL, List.of("C"));
        assertThat(judge.judge(List.of(new Reply.Failure("gone"))).outcome())
                .isEqualTo(Outcome.FAILED);
        var written = new Reply.Letters(new double[4], 9, "答案是C");
        assertThat(judge.judge(List.of(written)).credit()).isEqualTo(1, within(0.0));
    }

    static Stream<AnswerReader> all() {
        var readers =
                Stream.of(
                        Stream.of(new StrictLetter(4, RIVERS), new CmmluReader()),
                        Stream.of(CevalReader.values()),
                        Stream.of(Gsm8kReader.values()),
                        Stream.of(GaokaoReader.Type.values())
                                .map(type -> new GaokaoReader(type, 3)),
                        Stream.of(AgievalReader.Kind.values())
                                .flatMap(kind ->
                                        Stream.of(AgievalReader.Setting.values())
                                                .map(s -> new AgievalReader(kind, s))));
        return readers.flatMap(r -> r);
    }

    /// Texts on which a pattern could try each place with each.
    @ParameterizedTest
    @MethodSource("all")
    void noReaderIsLedAstrayByAHostileReply(AnswerReader reader) {
        var judge = new WrittenJudge(reader, Comparison.EQUAL, List.of("A"));
        for (String part :
                List.of(
                        "A",
                        "答案为",
                        "答案是",
                        "1",
                        "1.",
                        " ",
                        "$",
                        "\\boxed{",
                        "{",
                        "#### ,",
                        "【答案】",
                        "所以",
                        "\n",
                        "answer is ",
                        "说法不正确选项的是",
                        "-",
                        "\\frac",
                        "G")) {
            String reply = part.repeat(2_000_000 / part.length());
            assertThat(
                            org.junit.jupiter.api.Assertions.assertTimeoutPreemptively(
                                    Duration.ofSeconds(20), () -> judge.judge(reply).credit()))
                    .isBetween(0.0, 1.0);
        }
    }
}
