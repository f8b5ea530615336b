package chuan.eval.report;

import chuan.eval.Result;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/// Which letters a model chooses, against those that are right: one that always says C is near
/// chance in every table, and only here one sees why.
///
/// @param letters in their order; empty if the answers are no letters
/// @param distance half the sum of the differences between the two distributions: the share of the
///   answers that would have to change; NaN without letters
public record LetterBias(List<Letter> letters, double distance) {
    /// More different answers than this are texts, not letters.
    private static final int MOST = 10;

    public LetterBias {
        letters = List.copyOf(letters);
    }

    /// @param chosen how often the model chose it
    /// @param right how often it is the key
    /// @param found of those, how often the model chose it
    public record Letter(String letter, long chosen, long right, long found) {}

    /// Counts the questions with one key and an answer.
    public static LetterBias of(List<Result> results) {
        var counts = new TreeMap<String, long[]>();
        long questions = 0;
        for (Result result : results) {
            String choice = result.verdict().choice();
            if (result.key().size() != 1 || choice.isEmpty()) continue;
            String key = result.key().getFirst();
            if (!isLetter(choice) || !isLetter(key)) return new LetterBias(List.of(), Double.NaN);
            questions++;
            counts.computeIfAbsent(choice, _ -> new long[3])[0]++;
            counts.computeIfAbsent(key, _ -> new long[3])[1]++;
            if (choice.equals(key)) counts.get(key)[2]++;
        }
        if (questions == 0 || counts.size() > MOST) return new LetterBias(List.of(), Double.NaN);
        var letters = new ArrayList<Letter>();
        double distance = 0;
        for (var entry : counts.entrySet()) {
            long[] of = entry.getValue();
            letters.add(new Letter(entry.getKey(), of[0], of[1], of[2]));
            distance += Math.abs(of[0] - of[1]) / 2.0;
        }
        return new LetterBias(letters, distance / questions);
    }

    private static boolean isLetter(String text) {
        return text.length() == 1 && text.charAt(0) >= 'A' && text.charAt(0) <= 'Z';
    }
}
