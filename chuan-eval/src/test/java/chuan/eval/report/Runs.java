package chuan.eval.report;

import chuan.eval.Examination;
import chuan.eval.Examination.Measure;
import chuan.eval.Examination.Paper;
import chuan.eval.Grouping;
import chuan.eval.Result;
import chuan.eval.Verdict;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/// Made-up examinations.
final class Runs {
    static final Map<String, String> TITLES =
            Map.of("physics", "物理", "law", "法学", "history", "历史", "cooking", "<b>Cooking</b>");

    private Runs() {}

    /// Subjects of 10, 60, 40 and 20 questions; a model that is right with a probability, whose
    /// scores know as much.
    static Examination examination(String model, double skill, long seed) {
        var sizes = new LinkedHashMap<String, Integer>();
        sizes.put("physics", 10);
        sizes.put("law", 60);
        sizes.put("history", 40);
        sizes.put("cooking", 20);
        var random = new Random(seed);
        var results = new ArrayList<Result>();
        sizes.forEach((subject, size) -> {
            for (int i = 0; i < size; i++)
                results.add(result(subject, i, random.nextDouble() < skill, random));
        });
        return new Examination(Examination.VERSION, facts(model), List.of(paper(results), text()));
    }

    private static Map<String, Object> facts(String model) {
        var facts = new LinkedHashMap<String, Object>();
        facts.put("model", model);
        facts.put("note", "</script><script>alert(1)</script>");
        return facts;
    }

    static Paper paper(List<Result> results) {
        var facts = new LinkedHashMap<String, Object>();
        facts.put("protocol", "official");
        facts.put("shots", 5);
        return new Paper(
                "cmmlu",
                "CMMLU",
                facts,
                new Grouping(
                        List.of(
                                new Grouping.Column("STEM", List.of("physics")),
                                new Grouping.Column("Humanities", List.of("history")),
                                new Grouping.Column("Social Sciences", List.of("law", "never")),
                                new Grouping.Column("China Specific", List.of("law", "history")),
                                new Grouping.Column("Hard", List.of("never")),
                                new Grouping.Column(
                                        "Average",
                                        List.of("physics", "law", "history", "cooking"))),
                        Grouping.Average.MACRO),
                0.25,
                TITLES,
                results,
                List.of());
    }

    private static Paper text() {
        return new Paper(
                "text",
                "Text",
                Map.of("files", "held-out.jsonl"),
                new Grouping(List.of(), Grouping.Average.MICRO),
                Double.NaN,
                Map.of(),
                List.of(),
                List.of(
                        new Measure("zh", "bits per byte", 1.25, 1.2, 1.3, 12),
                        new Measure("en", "bits per byte", 1, Double.NaN, Double.NaN, 3)));
    }

    private static Result result(String subject, int index, boolean right, Random random) {
        String key = String.valueOf((char) ('A' + random.nextInt(4)));
        String other = String.valueOf((char) ('A' + (key.charAt(0) - 'A' + 1) % 4));
        String choice = right ? key : other;
        var scores = new ArrayList<Double>();
        for (char letter = 'A'; letter <= 'D'; letter++)
            scores.add(choice.charAt(0) == letter ? 1 + random.nextDouble() : 0.5);
        return new Result(
                "cmmlu",
                subject,
                index,
                "%064x".formatted(subject.hashCode() * 1000L + index & Long.MAX_VALUE),
                5,
                index % 7 == 0 ? 1 : 0,
                List.of(key),
                new Verdict(Verdict.Outcome.ANSWERED, choice, right ? 1 : 0, scores),
                List.of(),
                "",
                700,
                0,
                0.01);
    }
}
