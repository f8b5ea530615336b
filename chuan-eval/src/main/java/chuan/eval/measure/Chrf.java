package chuan.eval.measure;

import chuan.eval.report.Bootstrap;
import chuan.eval.report.Interval;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The character n-gram F-score of a translation against references: M. Popović, "chrF: character
/// n-gram F-score for automatic MT evaluation" (WMT 2015) and "chrF++: words helping character
/// n-grams" (WMT 2017), to the digit as sacreBLEU 2 computes it by default: recall weighs twice,
/// blanks are left out, precision and recall are averaged over the orders that occur, case counts.
///
/// Of several references the one that scores highest counts.
///
/// @param characterOrder longest n-gram of characters
/// @param wordOrder longest n-gram of words; 0 = none
public record Chrf(int characterOrder, int wordOrder) {
    /// chrF2, with characters alone.
    public static final Chrf CHARACTERS = new Chrf(6, 0);

    /// chrF2++, with words and pairs of words too.
    public static final Chrf WORDS = new Chrf(6, 2);

    /// `beta` squared: recall weighs twice.
    private static final double FACTOR = 4;

    private static final int RESAMPLES = 1000;
    private static final String PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

    /// N-grams counted, of each order: those of the translation, of the reference, and of both.
    /// Counts of sentences add up to those of a text.
    public record Counts(long[] translation, long[] reference, long[] both) {
        private Counts(int orders) {
            this(new long[orders], new long[orders], new long[orders]);
        }

        public Counts plus(Counts other) {
            var sum = new Counts(both.length);
            sum.add(this);
            sum.add(other);
            return sum;
        }

        private void add(Counts other) {
            for (int i = 0; i < both.length; i++) {
                translation[i] += other.translation[i];
                reference[i] += other.reference[i];
                both[i] += other.both[i];
            }
        }
    }

    /// Of a text without sentences.
    public Counts none() {
        return new Counts(characterOrder + wordOrder);
    }

    /// From 0 to 100.
    public double score(Counts counts) {
        double precision = 0;
        double recall = 0;
        int orders = 0;
        for (int i = 0; i < counts.both.length; i++) {
            if (counts.translation[i] == 0 || counts.reference[i] == 0) continue;
            precision += (double) counts.both[i] / counts.translation[i];
            recall += (double) counts.both[i] / counts.reference[i];
            orders++;
        }
        if (orders == 0 || precision + recall == 0) return 0;
        precision /= orders;
        recall /= orders;
        return 100 * ((1 + FACTOR) * precision * recall / (FACTOR * precision + recall));
    }

    /// Where the score of a text lies with 95 %: its sentences drawn anew. Where all draws score
    /// the same, as of a single sentence, Wilson's interval, for which a score between 0 and 100
    /// varies no more than right and wrong do.
    ///
    /// @param sentences at least one
    public Interval interval(List<Counts> sentences) {
        var drawn =
                Bootstrap.DEFAULT
                        .withResamples(RESAMPLES)
                        .statistic(sentences.size(), which -> score(sum(sentences, which)));
        if (drawn.low() < drawn.high()) return drawn;
        double part = Math.min(1, drawn.low() / 100) * sentences.size();
        var wilson = Interval.wilson(part, sentences.size());
        return new Interval(100 * wilson.low(), 100 * wilson.high());
    }

    private Counts sum(List<Counts> sentences, int[] which) {
        var sum = none();
        for (int i : which) sum.add(sentences.get(i));
        return sum;
    }

    /// Of one sentence, against the reference that scores highest, the first of equals.
    public Counts counts(String translation, List<String> references) {
        var grams = grams(translation);
        Counts best = none();
        double highest = -1;
        for (String reference : references) {
            var counts = counts(grams, grams(reference));
            double score = score(counts);
            if (score > highest) {
                highest = score;
                best = counts;
            }
        }
        return best;
    }

    private Counts counts(
            List<Map<String, Integer>> translation, List<Map<String, Integer>> reference) {
        var counts = none();
        for (int i = 0; i < translation.size(); i++) {
            var of = reference.get(i);
            for (var entry : translation.get(i).entrySet()) {
                if (!of.isEmpty()) counts.translation[i] += entry.getValue();
                counts.both[i] += Math.min(entry.getValue(), of.getOrDefault(entry.getKey(), 0));
            }
            for (int count : of.values()) counts.reference[i] += count;
        }
        return counts;
    }

    /// How often each n-gram occurs, for each order.
    private List<Map<String, Integer>> grams(String text) {
        var grams = new ArrayList<Map<String, Integer>>();
        var words = words(text);
        int[] points = String.join("", words).codePoints().toArray();
        for (int n = 1; n <= characterOrder; n++) {
            var of = new HashMap<String, Integer>();
            for (int i = 0; i + n <= points.length; i++)
                of.merge(new String(points, i, n), 1, Integer::sum);
            grams.add(of);
        }
        if (wordOrder == 0) return grams;
        var split = withoutPunctuation(words);
        for (int n = 1; n <= wordOrder; n++) {
            var of = new HashMap<String, Integer>();
            for (int i = 0; i + n <= split.size(); i++)
                of.merge(String.join(" ", split.subList(i, i + n)), 1, Integer::sum);
            grams.add(of);
        }
        return grams;
    }

    /// Parts between blanks, as Python's `split()` finds them.
    private static List<String> words(String text) {
        var words = new ArrayList<String>();
        var word = new StringBuilder();
        text.codePoints()
                .forEach(c -> {
                    if (!isBlank(c)) {
                        word.appendCodePoint(c);
                    } else if (!word.isEmpty()) {
                        words.add(word.toString());
                        word.setLength(0);
                    }
                });
        if (!word.isEmpty()) words.add(word.toString());
        return words;
    }

    /// Python's `str.isspace()`: Java's own leave out the no-break spaces and U+0085.
    private static boolean isBlank(int c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == 0x85;
    }

    /// A mark at the end of a word, or else one at its beginning, is a word of its own.
    private static List<String> withoutPunctuation(List<String> words) {
        var split = new ArrayList<String>();
        for (String word : words) {
            int last = word.offsetByCodePoints(word.length(), -1);
            int first = word.offsetByCodePoints(0, 1);
            if (last == 0) {
                split.add(word);
            } else if (PUNCTUATION.contains(word.substring(last))) {
                split.add(word.substring(0, last));
                split.add(word.substring(last));
            } else if (PUNCTUATION.contains(word.substring(0, first))) {
                split.add(word.substring(0, first));
                split.add(word.substring(first));
            } else {
                split.add(word);
            }
        }
        return split;
    }
}
