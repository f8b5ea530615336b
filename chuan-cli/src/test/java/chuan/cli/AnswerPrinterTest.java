package chuan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.SplittableRandom;
import org.jline.utils.WCWidth;
import org.junit.jupiter.api.Test;

class AnswerPrinterTest {
    private static String shown(int columns, boolean colour, String... pieces) {
        var written = new StringWriter();
        var printer =
                new AnswerPrinter(new PrintWriter(written), new Look(() -> columns, colour, false));
        for (String piece : pieces) printer.accept(piece);
        printer.finish();
        return written.toString();
    }

    private static int columns(String line) {
        return line.codePoints().map(WCWidth::wcwidth).filter(w -> w > 0).sum();
    }

    @Test
    void linesBreakAtBlanksAndBetweenHanCharacters() {
        assertThat(shown(12, false, "the quick brown fox")).isEqualTo("the quick \nbrown fox");
        assertThat(shown(9, false, "一二三四五六七")).isEqualTo("一二三四\n五六七");
        assertThat(shown(10, false, "abcdefghijklmnop")).isEqualTo("abcdefghi\njklmnop");
        assertThat(shown(12, false, "说hello world吧")).isEqualTo("说hello \nworld吧");
    }

    @Test
    void marksStayWithTheTextTheyBelongTo() {
        assertThat(shown(9, false, "一二三四，五六")).isEqualTo("一二三\n四，五六");
        assertThat(shown(9, false, "一二三（四五）")).isEqualTo("一二三\n（四五）");
        assertThat(shown(9, false, "他说：“好。”")).isEqualTo("他说：\n“好。”");
    }

    /// Whatever the text and wherever it is cut into pieces: no line is too long, none begins or
    /// ends with a mark that must not, and nothing but line feeds is added.
    @Test
    void randomTextsKeepTheRules() {
        long seed = new SplittableRandom().nextLong();
        System.out.println("seed " + seed);
        var random = new SplittableRandom(seed);
        String[] alphabet = {"一", "山", "，", "。", "（", "）", "a", "b", "word", " ", "😀", "e\u0301"};
        for (int round = 0; round < 2000; round++) {
            var pieces = new ArrayList<String>();
            var text = new StringBuilder();
            for (int i = random.nextInt(60); i > 0; i--) {
                String piece = alphabet[random.nextInt(alphabet.length)];
                pieces.add(piece);
                text.append(piece);
            }
            int width = random.nextInt(12, 40);
            String shown = shown(width, false, pieces.toArray(String[]::new));
            assertThat(shown).as("seed %d", seed).isEqualTo(shown(width, false, text.toString()));
            assertThat(shown.replaceAll("[\n ]", "")).isEqualTo(text.toString().replace(" ", ""));
            String[] lines = shown.split("\n");
            for (int i = 0; i < lines.length; i++) {
                assertThat(columns(lines[i])).as(shown).isLessThan(width);
                if (i > 0 && widestStretch(text.toString()) < width)
                    assertThat(lines[i]).as(shown).doesNotStartWith("，").doesNotStartWith("。");
            }
        }
    }

    /// The widest stretch of a text within which the rules allow no break at all.
    private static int widestStretch(String text) {
        int widest = 0;
        int from = 0;
        for (int at = 0; at <= text.length(); at++) {
            if (at < text.length() && (at == 0 || !mayBreak(text, at))) continue;
            widest = Math.max(widest, columns(text.substring(from, at)));
            from = at;
        }
        return widest;
    }

    private static boolean mayBreak(String text, int at) {
        int before = text.codePointBefore(at);
        int after = text.codePointAt(at);
        if (Character.isLowSurrogate(text.charAt(at)) || after == '\u0301') return false;
        if ("，。） ".indexOf(after) >= 0) return false;
        if (text.substring(0, at).strip().endsWith("（")) return false;
        return "，。） ".indexOf(before) >= 0 || isWide(before) || isWide(after);
    }

    private static boolean isWide(int c) {
        return WCWidth.wcwidth(c) == 2;
    }

    @Test
    void whatATerminalWouldObeyIsTakenOut() {
        assertThat(shown(80, false, "a\u001b[31mb\u001b]0;title\u0007c\u0007d\u009b5Ae\rf\u202eg"))
                .isEqualTo("abcdefg");
        assertThat(shown(80, false, "a\u001b", "[3", "1", "mb")).isEqualTo("ab");
        assertThat(shown(80, false, "a\u001b]52;c;", "AAAA\u001b\\b")).isEqualTo("ab");
        assertThat(shown(80, false, "a\u001b]never ended\nb")).isEqualTo("a\nb");
        assertThat(shown(80, false, "tab\tstays")).isEqualTo("tab\tstays");
    }

    @Test
    void headingsAndCodeHaveAStyleAndCodeKeepsItsLines() {
        String code = "```java\nint aVeryLongNameIndeed = 1;\n```\n";
        assertThat(shown(12, true, "# Big\n", code))
                .isEqualTo(
                        "\u001b[1m# Big\u001b[0m\n\u001b[36m```java\u001b[0m\n"
                                + "\u001b[36mint aVeryLongNameIndeed = 1;\u001b[0m\n"
                                + "\u001b[36m```\u001b[0m\n");
        assertThat(shown(80, false, "# Big\n", code)).isEqualTo("# Big\n" + code);
        assertThat(shown(80, true, "#hash `code`")).isEqualTo("#hash `code`");
    }
}
