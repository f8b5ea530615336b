package chuan.corpus;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Words for [Templates] that are computed. `sum`: two numbers `a` and `b` below 100, their
/// `total`, and `pair`, equal for a + b and b + a. `count`: numbers `from`, `to`, and all of them
/// as a list in `zh` and `en`. `place`: a number below 100 with the one `before` and the one
/// `after`.
final class Numbers {
    private static final int LIMIT = 100;
    private static final int LONGEST_COUNT = 12;

    private Numbers() {}

    static Map<String, List<Map<String, String>>> words() {
        return Map.of("sum", sums(), "count", counts(), "place", places());
    }

    private static List<Map<String, String>> sums() {
        List<Map<String, String>> sums = new ArrayList<>();
        for (int a = 0; a < LIMIT; a++) {
            for (int b = 0; b < LIMIT; b++) {
                sums.add(
                        Map.of(
                                "a", String.valueOf(a),
                                "b", String.valueOf(b),
                                "total", String.valueOf(a + b),
                                "zh", steps(a, b, "+", "=", "，", "，所以"),
                                "en", steps(a, b, " + ", " = ", ", ", ", so "),
                                "pair", Math.min(a, b) + "+" + Math.max(a, b)));
            }
        }
        return sums;
    }

    private static String steps(
            int a, int b, String plus, String is, String between, String therefore) {
        int ones = a % 10 + b % 10;
        int tens = a + b - ones;
        String sum = a + plus + b + is + (a + b);
        if (a < 10 && b < 10) {
            return sum;
        }
        String addOnes = a % 10 + plus + b % 10 + is + ones;
        String addTens =
                a < 10 || b < 10 ? "" : a / 10 * 10 + plus + b / 10 * 10 + is + tens + between;
        String addBoth = tens + plus + ones + is + (a + b);
        return addOnes + between + addTens + addBoth + therefore + sum;
    }

    private static List<Map<String, String>> counts() {
        List<Map<String, String>> counts = new ArrayList<>();
        for (int from = 1; from <= 20; from++) {
            for (int to = from + 2; to < from + LONGEST_COUNT; to++) {
                counts.add(
                        Map.of(
                                "from", String.valueOf(from),
                                "to", String.valueOf(to),
                                "zh", list(from, to, "、"),
                                "en", list(from, to, ", ")));
            }
        }
        return counts;
    }

    private static String list(int from, int to, String between) {
        return IntStream.rangeClosed(from, to)
                .mapToObj(String::valueOf)
                .collect(Collectors.joining(between));
    }

    private static List<Map<String, String>> places() {
        List<Map<String, String>> places = new ArrayList<>();
        for (int n = 1; n < LIMIT; n++) {
            places.add(
                    Map.of(
                            "number", String.valueOf(n),
                            "before", String.valueOf(n - 1),
                            "after", String.valueOf(n + 1)));
        }
        return places;
    }
}
