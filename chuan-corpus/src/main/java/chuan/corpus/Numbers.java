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
                                "pair", Math.min(a, b) + "+" + Math.max(a, b)));
            }
        }
        return sums;
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
