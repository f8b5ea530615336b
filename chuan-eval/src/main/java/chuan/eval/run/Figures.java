package chuan.eval.run;

import chuan.eval.Result;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Predicate;

/// What a sceptic asks about the questions of a task, counted.
///
/// @param context tokens beyond which prompts were cut, if known
/// @param logits whether the scores are the logits of letters
record Figures(List<Result> results, OptionalInt context, boolean logits) {

    Map<String, Object> facts() {
        var facts = new LinkedHashMap<String, Object>();
        facts.put("questions", results.size());
        facts.put("questions with dropped examples", count(result -> result.dropped() > 0));
        if (context.isPresent())
            facts.put(
                    "prompts cut from the left",
                    count(result -> result.promptTokens() > context.getAsInt()));
        long unreported = count(Figures::lacksALetter);
        if (unreported > 0) facts.put("questions with options of unknown score", unreported);
        if (logits) {
            facts.put("best letters tie in bf16", count(result -> tie(rounded(result))));
            facts.put(
                    "choices that bf16 would change",
                    count(result -> best(rounded(result)) != best(result.verdict().scores())));
        }
        return facts;
    }

    /// An endpoint that reports the most likely tokens may leave some letters out: those count as
    /// impossible.
    private static boolean lacksALetter(Result result) {
        var scores = result.verdict().scores();
        return scores.stream().anyMatch(Double::isFinite)
                && !scores.stream().allMatch(Double::isFinite);
    }

    private long count(Predicate<Result> what) {
        return results.stream().filter(what).count();
    }

    private static List<Double> rounded(Result result) {
        return result.verdict().scores().stream().map(Figures::toBf16).toList();
    }

    /// The nearest number of 8 significant bits, the even one of two that are equally near: what a
    /// model that computes in bf16 has for a logit at best.
    static double toBf16(double value) {
        int bits = Float.floatToRawIntBits((float) value);
        return Float.intBitsToFloat((bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff0000);
    }

    private static boolean tie(List<Double> scores) {
        int best = best(scores);
        return best >= 0
                && scores.indexOf(scores.get(best)) != scores.lastIndexOf(scores.get(best));
    }

    /// The first of the highest; -1 of none.
    private static int best(List<Double> scores) {
        int best = scores.isEmpty() ? -1 : 0;
        for (int i = 1; i < scores.size(); i++) if (scores.get(i) > scores.get(best)) best = i;
        return best;
    }
}
