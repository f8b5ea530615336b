package chuan.eval.report;

import chuan.eval.Result;
import chuan.eval.Verdict;

/// One question as [ExaminationFile] writes it.
final class ResultFields {
    private ResultFields() {}

    static Result read(StrictJson at) {
        var result =
                new Result(
                        at.text("task"),
                        at.text("subject"),
                        at.count("index"),
                        hash(at),
                        at.count("shots"),
                        at.count("dropped"),
                        at.list("key"),
                        verdict(at),
                        at.list("replies"),
                        at.text("failure"),
                        at.count("prompt_tokens"),
                        at.count("written_tokens"),
                        seconds(at));
        at.nothingElse();
        return result;
    }

    private static String hash(StrictJson at) {
        String hash = at.text("prompt_hash");
        if (!hash.matches("[0-9a-f]{64}"))
            throw at.wrong("prompt_hash", "is not 64 hexadecimal digits");
        return hash;
    }

    private static Verdict verdict(StrictJson at) {
        var outcome =
                switch (at.text("outcome")) {
                    case "answered" -> Verdict.Outcome.ANSWERED;
                    case "unparsed" -> Verdict.Outcome.UNPARSED;
                    case "failed" -> Verdict.Outcome.FAILED;
                    default ->
                            throw at.wrong("outcome", "is none of answered, unparsed and failed");
                };
        double credit = at.number("credit");
        if (credit < 0 || credit > 1) throw at.wrong("credit", "is not between 0 and 1");
        if (credit > 0 && outcome != Verdict.Outcome.ANSWERED)
            throw at.wrong("credit", "is given without an answer");
        return new Verdict(outcome, at.text("choice"), credit, at.scores("scores"));
    }

    private static double seconds(StrictJson at) {
        double seconds = at.number("seconds");
        if (seconds < 0) throw at.wrong("seconds", "is below 0");
        return seconds;
    }
}
