package chuan.eval.measure;

import chuan.eval.Examination.Measure;
import chuan.eval.Exercise;
import chuan.eval.Grouping;
import chuan.eval.Judge;
import chuan.eval.Reply;
import chuan.eval.Result;
import chuan.eval.Task;
import chuan.eval.Verdict;
import chuan.eval.task.TaskSettings;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Translations judged by [Chrf]. The set is a file of JSON lines with `from` and `to` (codes of
/// languages), `source`, and `target`, a text or a list of several; the first lines of each
/// direction are the examples before every question.
///
/// The credit of a question is its own chrF2 divided by 100; the figure that others publish, of all
/// sentences of a direction together, stands among the measures, and chrF2++ beside it.
public final class TranslationTask implements Task {
    public static final String PREFIX = "translation:";
    private static final int SHOTS = 5;
    private static final int TOKENS = 256;
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Map<String, String> LANGUAGES =
            Map.of("en", "English", "zh", "中文", "ja", "日本語", "fr", "français", "de", "Deutsch");

    private record Pair(String source, List<String> targets) {}

    private final String name;
    private final Map<String, List<Pair>> directions = new LinkedHashMap<>();
    private final int shots;
    private final int limit;
    private final boolean chat;

    /// @throws MeasureException naming the line of what is wrong
    public TranslationTask(Path file, TaskSettings settings) throws IOException {
        name = PREFIX + file.getFileName();
        shots = settings.shots().orElse(SHOTS);
        limit = settings.limit().orElse(Integer.MAX_VALUE);
        chat = settings.chat();
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (CharacterCodingException _) {
            throw new MeasureException(file + ": is not UTF-8 text");
        }
        for (int i = 0; i < lines.size(); i++)
            if (!lines.get(i).isBlank()) add(lines.get(i), file + ": line " + (i + 1));
        directions.forEach((direction, pairs) -> {
            if (pairs.size() <= shots)
                throw new MeasureException(
                        "%s: %d lines of %s, of which %d are examples: nothing to ask"
                                .formatted(file, pairs.size(), direction, shots));
        });
        if (directions.isEmpty()) throw new MeasureException(file + ": holds no sentences");
    }

    private void add(String line, String where) {
        JsonNode node;
        try {
            node = JSON.readTree(line);
        } catch (JacksonException e) {
            throw new MeasureException(where + ": is not valid JSON: " + e.getOriginalMessage());
        }
        var targets = new ArrayList<String>();
        JsonNode target = node.path("target");
        if (target.isArray()) for (JsonNode one : target) targets.add(text(one, "target", where));
        else targets.add(text(target, "target", where));
        if (targets.isEmpty()) throw new MeasureException(where + ": \"target\" is empty");
        String direction = text(node, "from", where, "-") + "-" + text(node, "to", where, "-");
        directions
                .computeIfAbsent(direction, _ -> new ArrayList<>())
                .add(new Pair(text(node.path("source"), "source", where), targets));
    }

    private static String text(JsonNode node, String name, String where, String without) {
        String text = text(node.path(name), name, where);
        if (text.contains(without))
            throw new MeasureException(where + ": \"" + name + "\" is no code of a language");
        return text;
    }

    /// On one line, as the prompt is.
    private static String text(JsonNode value, String name, String where) {
        if (!value.isString() || value.stringValue().isBlank())
            throw new MeasureException(where + ": has no \"" + name + "\", a text");
        return value.stringValue().strip().replaceAll("\\s*\\R\\s*", " ");
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String title() {
        return "Translation: " + name.substring(PREFIX.length());
    }

    @Override
    public Grouping grouping() {
        return new Grouping(
                directions.keySet().stream()
                        .map(direction -> new Grouping.Column(direction, List.of(direction)))
                        .toList(),
                Grouping.Average.MACRO);
    }

    @Override
    public Map<String, String> titles() {
        var titles = new LinkedHashMap<String, String>();
        for (String direction : directions.keySet())
            titles.put(direction, direction.replace("-", " → "));
        return titles;
    }

    @Override
    public double chance() {
        return Double.NaN;
    }

    @Override
    public Map<String, Object> facts() {
        var facts = new LinkedHashMap<String, Object>();
        facts.put("protocol", "source and target, a line each, behind the names of the languages");
        facts.put("shots", shots);
        facts.put("limit of each direction", limit == Integer.MAX_VALUE ? "none" : limit);
        facts.put("chat", chat);
        facts.put("credit", "chrF2 of the sentence / 100");
        facts.put("chrF", "6 characters, blanks left out, beta 2; chrF++ with 2 words");
        facts.put("answer", "one line of at most " + TOKENS + " tokens");
        return facts;
    }

    @Override
    public List<Exercise> exercises(ToIntFunction<String> countTokens) {
        var exercises = new ArrayList<Exercise>();
        directions.forEach((direction, pairs) -> {
            var examples = new StringBuilder();
            for (Pair pair : pairs.subList(0, shots))
                examples.append(question(direction, pair))
                        .append(' ')
                        .append(pair.targets().getFirst())
                        .append("\n\n");
            int end = Math.min(pairs.size() - shots, limit);
            for (int i = 0; i < end; i++)
                exercises.add(exercise(direction, i, examples.toString(), pairs.get(shots + i)));
        });
        return exercises;
    }

    private static String question(String direction, Pair pair) {
        String[] codes = direction.split("-", 2);
        return language(codes[0]) + ": " + pair.source() + "\n" + language(codes[1]) + ":";
    }

    private static String language(String code) {
        return LANGUAGES.getOrDefault(code, code);
    }

    private Exercise exercise(String direction, int index, String examples, Pair pair) {
        String text = examples + question(direction, pair);
        return new OneLine(name, chat, TOKENS)
                .exercise(direction, index, text, judge(pair.targets()), pair.targets(), shots);
    }

    private static Judge judge(List<String> targets) {
        return replies ->
                switch (replies.getFirst()) {
                    case Reply.Writing writing -> verdict(writing.text(), targets);
                    case Reply.Failure _ -> Verdict.failed();
                    case Reply.Letters _, Reply.Likelihood _ ->
                            throw new IllegalArgumentException("not what was asked for");
                };
    }

    private static Verdict verdict(String written, List<String> targets) {
        if (written.isBlank()) return Verdict.unparsed();
        var chrf = Chrf.CHARACTERS;
        double score = chrf.score(chrf.counts(written, targets));
        return new Verdict(
                Verdict.Outcome.ANSWERED, written.strip(), Math.min(1, score / 100), List.of());
    }

    @Override
    public List<Measure> measures(List<Result> results) {
        var measures = new ArrayList<Measure>();
        for (String direction : directions.keySet()) {
            var of = results.stream().filter(r -> r.subject().equals(direction)).toList();
            measures.add(measure(direction, "chrF2", Chrf.CHARACTERS, of));
            measures.add(measure(direction, "chrF2++", Chrf.WORDS, of));
        }
        return measures;
    }

    private static Measure measure(String direction, String unit, Chrf chrf, List<Result> results) {
        var all = new ArrayList<Chrf.Counts>();
        for (Result result : results)
            all.add(
                    chrf.counts(
                            result.replies().isEmpty() ? "" : result.replies().getLast(),
                            result.key()));
        var sum = chrf.none();
        for (var counts : all) sum = sum.plus(counts);
        var ends = chrf.interval(all);
        return new Measure(
                direction.replace("-", " → "),
                unit,
                chrf.score(sum),
                ends.low(),
                ends.high(),
                results.size());
    }
}
