package chuan.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CleanTest {
    private static final SourceRules PAGE =
            new SourceRules(true, false, false, false, false, 0, 1, List.of());

    private static String page(String text) {
        return Clean.text(text, PAGE);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    See {{jsxref("Array.prototype.map", "map()")}} here. | See map() here.
                    An {{HTMLElement("a")}} element. | An a element.
                    {{APIRef("DOM")}} text | text
                    A {{< glossary_tooltip text="Pod" term_id="pod" >}} runs. | A Pod runs.
                    A {{% heading "x" %}} b | A b
                    ## Title {#anchor} | Title
                    Read [the **guide**](https://a.example/x(1)) now. | Read the guide now.
                    ![picture](a.png) caption | caption
                    some `code` and *stress* and __more__ | some code and stress and more
                    a snake_case_name stays | a snake_case_name stays
                    x &lt; y &amp;&amp; z &#65; | x < y && z A
                    see :numref:`sec_x` and <b>bold</b> | see and bold
                    > quoted words | quoted words
                    visit https://example.org/a?b=c now | visit now
                    上海公司（）于1995年创办。 | 上海公司于1995年创办。
                    全角句号． | 全角句号。
                    “Go on.” As she went | “Go on.” As she went
                    """)
    void lineIsCleaned(String raw, String clean) {
        assertThat(page(raw)).isEqualTo(clean);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    - [only a link](x.md)
                    1. [numbered link](x.md)。
                    [ref]: https://example.org
                    ---
                    ::: tip
                    author: someone, another
                    name: mnt
                    - volumeMounts:
                    [!NOTE]
                    @tab pytorch
                    """)
    void machineLineGoes(String raw) {
        assertThat(page("before\n" + raw + "\nafter")).isEqualTo("before\n\nafter");
    }

    @Test
    void blocksGo() {
        String text =
                """
                ---
                title: x
                ---
                Start.
                <!-- hidden
                lines -->
                ```js
                let a = 1;
                ```
                | a | b |
                | - | - |
                $$
                x^2
                $$
                End.\
                """;
        assertThat(page(text)).isEqualTo("Start.\n\nEnd.");
    }

    @Test
    void paragraphWithLostGlyphGoesWhole() {
        String text = "第一段很好。\n第二段有□缺字。\n第三段\uE123也缺。\n第四段很好。";
        assertThat(Clean.text(text, SourceRules.PLAIN)).isEqualTo("第一段很好。\n第四段很好。");
    }

    @Test
    void plainProseKeepsItsStars() {
        assertThat(Clean.text("2 * 3 * 4 = 24", SourceRules.PLAIN)).isEqualTo("2 * 3 * 4 = 24");
    }

    @Test
    void straySpacesBetweenHanGo() {
        assertThat(Clean.text("共产党 有真关系 ，是", SourceRules.PLAIN)).isEqualTo("共产党有真关系，是");
    }

    @Test
    void linesOfTheSourceGo() {
        SourceRules rules =
                new SourceRules(
                        false,
                        false,
                        false,
                        false,
                        false,
                        0,
                        1,
                        List.of(Pattern.compile("^Title is:")));
        assertThat(Clean.text("keep\nTitle is: x", rules)).isEqualTo("keep");
    }

    @Test
    void wrappedLinesJoinButVerseStays() {
        SourceRules wrapped = new SourceRules(false, true, false, false, false, 0, 1, List.of());
        String text =
                """
                There was once a king who had three daughters, and the
                youngest of them was so fair that the sun itself wondered
                at her.

                Rain, rain,
                Go away
                """;
        assertThat(Clean.text(text, wrapped))
                .isEqualTo(
                        "There was once a king who had three daughters, and the youngest of them was so fair"
                                + " that the sun itself wondered at her.\n\nRain, rain,\nGo away");
    }
}
