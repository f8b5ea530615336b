package chuan.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Expected values are what CPython 3.11 prints.
final class PythonTest {
    @ParameterizedTest
    @CsvSource({
        "0, 3626764237, 1654615998, 3255389356, 3823568514",
        "1, 577090037, 2444712010, 3639700191, 3445702192",
        "1234, 4150886329, 3342196574, 1892932127, 501869158",
        "42, 2746317213, 478163327, 107420369, 3184935163",
        "1099511627783, 2635837658, 3209733218, 3500038837, 4028389051",
        "-5, 2675342405, 1097127993, 3185950873, 1539898300"
    })
    void bitsAreThoseOfPython(long seed, long a, long b, long c, long d) {
        var random = new PythonRandom(seed);
        for (long expected : new long[] {a, b, c, d})
            assertThat(Integer.toUnsignedLong(random.nextInt())).isEqualTo(expected);
    }

    @Test
    void numbersAreThoseOfPython() {
        var random = new PythonRandom(1234);
        assertThat(List.of(random.random(), random.random(), random.random()))
                .containsExactly(0.9664535356921388, 0.4407325991753527, 0.007491470058587191);
    }

    /// Both ways of `sample`: by a copy of the population and by a set, on either side of where
    /// Python changes from one to the other.
    @ParameterizedTest
    @CsvSource({
        "1234, 7473, 5, 6374 3610 957 61 742, 7462 6610 4769 286 5501",
        "1234, 5, 5, 3 0 4 2 1, 0 4 1 3 2",
        "7, 21, 5, 10 4 12 1 2, 17 3 11 1 16",
        "7, 22, 5, 10 4 12 20 1, 2 17 3 11 18",
        "3, 100, 20, 30 75 69 16 47 77 60 80 74 8 1 33 70 29 24 91 50 81 19 66,"
                + "49 94 1 85 99 8 20 97 75 5 38 3 34 60 76 92 91 54 50 93",
        "99, 6, 0, '', ''"
    })
    void samplesAreThoseOfPython(long seed, int size, int count, String first, String second) {
        var random = new PythonRandom(seed);
        assertThat(random.sample(size, count)).isEqualTo(numbers(first));
        assertThat(random.sample(size, count)).isEqualTo(numbers(second));
    }

    private static List<Integer> numbers(String text) {
        var numbers = new ArrayList<Integer>();
        for (String number : text.split(" "))
            if (!number.isEmpty()) numbers.add(Integer.valueOf(number));
        return numbers;
    }

    @Test
    void sampleWantsNoMoreThanThereIs() {
        assertThatThrownBy(() -> new PythonRandom(1).sample(4, 5))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "0.50, 0.5",
        "1, 1.0",
        "0.1, 0.1",
        "1e16, 1e+16",
        "123456789012345680.0, 1.2345678901234568e+17",
        "1e15, 1000000000000000.0",
        "0.0001, 0.0001",
        "0.00001, 1e-05",
        "1.5e-7, 1.5e-07",
        "-0.0, -0.0",
        "2.675, 2.675",
        "1e22, 1e+22",
        "1e-300, 1e-300",
        "100, 100.0",
        "3.0e10, 30000000000.0",
        "-12.5, -12.5"
    })
    void numbersPrintAsPythonPrintsThem(double value, String printed) {
        assertThat(PythonText.repr(value)).isEqualTo(printed);
    }

    @Test
    void spacesAreThoseOfPython() {
        var spaces = new StringBuilder();
        for (int c = 0; c <= Character.MAX_VALUE; c++)
            if (PythonText.isSpace((char) c)) spaces.append(Integer.toHexString(c)).append(' ');
        assertThat(spaces.toString())
                .isEqualTo(
                        "9 a b c d 1c 1d 1e 1f 20 85 a0 1680 2000 2001 2002 2003 2004 2005 2006 2007 2008"
                                + " 2009 200a 2028 2029 202f 205f 3000 ");
        assertThat(PythonText.strip("\u0085\u00a0 a b\u2007\u3000\n")).isEqualTo("a b");
        assertThat(PythonText.strip(" \n")).isEmpty();
    }

    @Test
    void literalsAreRead() {
        var node =
                PythonLiteral.parse(
                        "here",
                        "{'passage': None, \"question\": \"it's\\n\" 'two', 'options': ['(A)1', '(B)\\u4e2d\\x41'],"
                                + " 'label': ('A',), 'n': -3, 'x': 1.5, 't': True, 'q': '\\\\frac \\'a\\' \\d'}");
        assertThat(node.get("passage").isNull()).isTrue();
        assertThat(node.get("question").asString()).isEqualTo("it's\ntwo");
        assertThat(node.get("options").get(1).asString()).isEqualTo("(B)中A");
        assertThat(node.get("label").get(0).asString()).isEqualTo("A");
        assertThat(node.get("n").asInt()).isEqualTo(-3);
        assertThat(node.get("x").asDouble()).isEqualTo(1.5);
        assertThat(node.get("t").asBoolean()).isTrue();
        assertThat(node.get("q").asString()).isEqualTo("\\frac 'a' \\d");
        assertThat(PythonLiteral.print(PythonLiteral.parse("here", "['B', \"it's\"]")))
                .isEqualTo("['B', \"it's\"]");
    }

    @ParameterizedTest
    @CsvSource({
        "{'a': 1, '\"}\" is missing'",
        "{'a' 1}, '\":\" is missing'",
        "{'a': b}, '\"b\" is no value'",
        "['a'] x, something follows",
        "'\"\\xZZ\"', '\"ZZ\" is no character'",
        "'\"\\U00110000\"', '\"00110000\" is no character'"
    })
    void whatIsNoLiteralIsSaid(String text, String why) {
        assertThatThrownBy(() -> PythonLiteral.parse("f.csv: column x", text))
                .isInstanceOf(TaskException.class)
                .hasMessageStartingWith("f.csv: column x: character ")
                .hasMessageContaining(why);
    }

    /// What pandas 1.5.3 and 2.0.3 print of such columns.
    @Test
    void cellsPrintAsPandasPrintsThem() {
        assertThat(Cells.PANDAS.printed(List.of("0.50", "1", "0")))
                .containsExactly("0.5", "1.0", "0.0");
        assertThat(Cells.PANDAS.printed(List.of("007", "1"))).containsExactly("7", "1");
        assertThat(Cells.PANDAS.printed(List.of("1", "", "2")))
                .containsExactly("1.0", "nan", "2.0");
        assertThat(Cells.PANDAS.printed(List.of("1", "x", "NA"))).containsExactly("1", "x", "nan");
        assertThat(Cells.PANDAS.printed(List.of("None", "x"))).containsExactly("None", "x");
        assertThat(Cells.PANDAS_2.printed(List.of("None", "x"))).containsExactly("nan", "x");
        assertThat(Cells.PLAIN.printed(List.of("0.50", "None"))).containsExactly("0.50", "None");
    }
}
