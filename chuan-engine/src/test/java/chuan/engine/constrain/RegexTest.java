package chuan.engine.constrain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.SplittableRandom;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Regular expressions and number bounds against what the JDK says, exhaustively.
class RegexTest {
    private static final String ALPHABET = "ab1中";

    private static String random(SplittableRandom random, int depth) {
        if (depth == 0 || random.nextInt(3) == 0)
            return new String[] {"a", "b", "1", "中", ".", "[ab]", "[^a]", "\\d", "\\w"}
                    [random.nextInt(9)];
        return switch (random.nextInt(4)) {
            case 0 -> random(random, depth - 1) + random(random, depth - 1);
            case 1 -> "(?:" + random(random, depth - 1) + "|" + random(random, depth - 1) + ")";
            case 2 ->
                    "(?:"
                            + random(random, depth - 1)
                            + ")"
                            + new String[] {"*", "+", "?", "{2}", "{1,3}", "{2,}", "{0,2}"}
                                    [random.nextInt(7)];
            default -> random(random, depth - 1) + random(random, depth - 1);
        };
    }

    @Test
    void asTheJdkHasIt() {
        for (long seed = 0; seed < 200; seed++) {
            var random = new SplittableRandom(seed);
            String pattern = random(random, 4);
            if (random.nextInt(3) == 0) pattern = "^" + pattern;
            if (random.nextInt(3) == 0) pattern = pattern + "$";
            var found =
                    new Recognizer(RegexParser.parse(pattern).found().lower(CodePoints::utf8), 0);
            var matcher = Pattern.compile(pattern.replace("$", "\\z"));
            for (String text : texts(5))
                assertThat(SchemaStrings.accepts(found, text))
                        .as("seed %d: %s on '%s'", seed, pattern, text)
                        .isEqualTo(matcher.matcher(text).find());
        }
    }

    /// Expressions with more of the notation, whole texts: what is written at random is matched,
    /// and whether texts are accepted is what the JDK says.
    @Test
    void whatIsWrittenIsMatched() {
        var constraints = new Constraints(Vocabularies.SHIPPED);
        int written = 0;
        for (long seed = 1000; seed < 1150; seed++) {
            var random = new SplittableRandom(seed);
            String pattern = rich(random, 3);
            var matcher = Pattern.compile(pattern, Pattern.UNIX_LINES);
            chuan.engine.Constraint constraint = constraints.regex(pattern);
            for (String text : texts(3))
                assertThat(Vocabularies.accepts(constraint, Vocabularies.SHIPPED, text))
                        .as("seed %d: %s on '%s'", seed, pattern, text)
                        .isEqualTo(matcher.matcher(text).matches());
            for (int walk = 0; walk < 5; walk++) {
                String text = WalkTest.walk(constraint, random, walk % 2 == 0, 60);
                if (text == null) continue;
                written++;
                assertThat(matcher.matcher(text).matches())
                        .as("seed %d: %s wrote '%s'", seed, pattern, text)
                        .isTrue();
            }
        }
        assertThat(written).isGreaterThan(200);
    }

    private static String rich(SplittableRandom random, int depth) {
        if (depth == 0 || random.nextInt(4) == 0)
            return new String[] {
                        "a", "b", "1", "中", ".", "[ab]", "[^a]", "\\d", "\\w", "\\D", "\\W",
                        "[a-z1]", "[^\\d中]", "\\u4e2d", "\\x61", "[\\w中]", "\\.", "[.]"
                    }
                    [random.nextInt(18)];
        String one = rich(random, depth - 1);
        return switch (random.nextInt(6)) {
            case 0, 1 -> one + rich(random, depth - 1);
            case 2 -> "(" + one + "|" + rich(random, depth - 1) + ")";
            case 3 -> "(?:|" + one + ")" + rich(random, depth - 1);
            case 4 -> "(?<n" + depth + random.nextInt(1 << 20) + ">" + one + ")";
            default ->
                    "(?:"
                            + one
                            + ")"
                            + new String[] {"*?", "+?", "??", "{2}?", "{1,3}", "{2,}?", "*"}
                                    [random.nextInt(7)];
        };
    }

    private static java.util.List<String> texts(int longest) {
        var all = new java.util.ArrayList<String>();
        all.add("");
        int from = 0;
        for (int length = 1; length <= longest; length++) {
            int to = all.size();
            for (int i = from; i < to; i++)
                for (int c = 0; c < ALPHABET.length(); c++)
                    all.add(all.get(i) + ALPHABET.charAt(c));
            from = to;
        }
        return all;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(?=a)b", "(a)\\1", "a\\b", "(?<!a)b", "(", "a)", "[a", "a{3,2}", "*", "(^a)*"
            })
    void refusesTheRest(String pattern) {
        assertThatThrownBy(() -> new Constraints(Vocabularies.SHIPPED).regex(pattern))
                .isInstanceOf(SchemaException.class);
    }

    @Test
    void integerBounds() {
        for (long seed = 0; seed < 60; seed++) {
            var random = new SplittableRandom(seed);
            int low = random.nextInt(-1200, 1200);
            int high = low + random.nextInt(0, 1 + random.nextInt(1, 1500));
            int multiple = random.nextInt(4) == 0 ? random.nextInt(1, 40) : 1;
            String schema =
                    "{\"type\":\"integer\",\"minimum\":%d,\"maximum\":%d,\"multipleOf\":%d}"
                            .formatted(low, high, multiple);
            boolean any = false;
            for (int i = low; i <= high; i++) any |= i % multiple == 0;
            if (!any) continue;
            var recognizer = new Recognizer(SchemaCompiler.compile(Constraints.parse(schema)), 0);
            for (int i = -2900; i <= 2900; i++)
                assertThat(SchemaStrings.accepts(recognizer, Integer.toString(i)))
                        .as("seed %d: %s and %d", seed, schema, i)
                        .isEqualTo(i >= low && i <= high && i % multiple == 0);
        }
    }

    @Test
    void decimalBounds() {
        for (long seed = 0; seed < 100; seed++) {
            var random = new SplittableRandom(seed);
            double low = random.nextInt(-300, 300) / 100.0;
            double high = low + random.nextInt(1, 300) / 100.0;
            boolean open = random.nextBoolean();
            String schema =
                    "{\"type\":\"number\",\"%s\":%s,\"maximum\":%s}"
                            .formatted(open ? "exclusiveMinimum" : "minimum", low, high);
            var recognizer = new Recognizer(SchemaCompiler.compile(Constraints.parse(schema)), 0);
            for (int i = -7000; i <= 7000; i += 5) {
                var value = java.math.BigDecimal.valueOf(i, 3);
                int order = value.compareTo(java.math.BigDecimal.valueOf(low));
                boolean in =
                        (open ? order > 0 : order >= 0)
                                && value.compareTo(
                                                new java.math.BigDecimal(
                                                        schema.replaceAll(".*:|}", "")))
                                        <= 0;
                String text = value.toPlainString();
                assertThat(SchemaStrings.accepts(recognizer, text))
                        .as("seed %d: %s and %s", seed, schema, text)
                        .isEqualTo(in);
            }
        }
    }
}
