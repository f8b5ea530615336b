package chuan.eval.report;

import chuan.eval.Examination;
import chuan.eval.Examination.Measure;
import chuan.eval.Examination.Paper;
import chuan.eval.Grouping;
import chuan.eval.Result;
import chuan.files.AtomicFile;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.StringJoiner;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/// An [Examination] as a JSON file.
///
/// Equal examinations give equal bytes: keys stand in a fixed order, facts in their own (those of a
/// map without an order by name), numbers as Java prints them. Every question is one line, the same
/// line that [#line] gives while a run goes on, with the time it took as its last field; nothing
/// else in it changes from run to run.
///
/// NaN is written as `null`, and so is the score of an option that an endpoint did not report
/// (negative infinity). Reading is strict: what is missing, unknown, doubled or out of its range is
/// an [ExaminationFileException].
public final class ExaminationFile {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String FORMAT = "chuan examination";

    private ExaminationFile() {}

    /// Creates or replaces the file; it is whole at any time.
    public static void write(Path file, Examination examination) throws IOException {
        AtomicFile.writeText(file, text(examination));
    }

    /// The content of the file.
    public static String text(Examination examination) {
        var papers = new StringJoiner(",\n", "[\n", "\n]");
        for (Paper paper : examination.papers()) papers.add(paper(paper));
        return "{\n"
                + field("format", FORMAT)
                + field("version", examination.version())
                + field("facts", ordered(examination.facts()))
                + "\"papers\": "
                + papers
                + "\n}\n";
    }

    private static String paper(Paper paper) {
        var measures = new StringJoiner(",\n", "[\n", "\n]").setEmptyValue("[]");
        for (Measure measure : paper.measures()) measures.add(json(fields(measure)));
        var results = new StringJoiner(",\n", "[\n", "\n]").setEmptyValue("[]");
        for (Result result : paper.results()) results.add(line(result));
        return "{\n"
                + field("task", paper.task())
                + field("title", paper.title())
                + field("facts", ordered(paper.facts()))
                + field("grouping", fields(paper.grouping()))
                + field("chance", finite(paper.chance()))
                + field("titles", new TreeMap<>(paper.titles()))
                + "\"measures\": "
                + measures
                + ",\n\"results\": "
                + results
                + "\n}";
    }

    /// One question as one line of JSON, without the line feed.
    public static String line(Result result) {
        var verdict = result.verdict();
        var fields = new LinkedHashMap<String, @Nullable Object>();
        fields.put("task", result.task());
        fields.put("subject", result.subject());
        fields.put("index", result.index());
        fields.put("prompt_hash", result.promptHash());
        fields.put("shots", result.shots());
        fields.put("dropped", result.dropped());
        fields.put("key", result.key());
        fields.put("outcome", verdict.outcome().name().toLowerCase(Locale.ROOT));
        fields.put("choice", verdict.choice());
        fields.put("credit", verdict.credit());
        fields.put("scores", scores(result));
        fields.put("replies", result.replies());
        fields.put("failure", result.failure());
        fields.put("prompt_tokens", result.promptTokens());
        fields.put("written_tokens", result.writtenTokens());
        fields.put("seconds", result.seconds());
        return json(fields);
    }

    /// A line as [#line] gives it.
    ///
    /// @param where it stands, for errors: file and line
    public static Result result(String line, String where) {
        return ResultFields.read(StrictJson.parse(line, where));
    }

    /// @throws ExaminationFileException if it is no examination of this version
    public static Examination read(Path file) throws IOException {
        String text;
        try {
            text = Files.readString(file);
        } catch (CharacterCodingException _) {
            throw new ExaminationFileException(file + ": is not UTF-8 text");
        }
        return parse(text, file.toString());
    }

    /// @param where for errors
    public static Examination parse(String text, String where) {
        var root = StrictJson.parse(text, where);
        if (!root.has("format") || !root.text("format").equals(FORMAT))
            throw new ExaminationFileException(
                    where + ": is no result of chuan eval (no \"format\": \"" + FORMAT + "\")");
        int version = root.count("version");
        if (version != Examination.VERSION)
            throw root.wrong(
                    "version",
                    "is "
                            + version
                            + ", this program reads version "
                            + Examination.VERSION
                            + "; read it with the chuan that wrote it");
        var facts = root.values("facts");
        var papers = root.objects("papers").stream().map(ExaminationFile::readPaper).toList();
        root.nothingElse();
        return new Examination(version, facts, papers);
    }

    private static Paper readPaper(StrictJson at) {
        String task = at.text("task");
        String title = at.text("title");
        var facts = at.values("facts");
        var grouping = readGrouping(at.object("grouping"));
        double chance = at.numberOrNaN("chance");
        if (chance < 0 || chance > 1) throw at.wrong("chance", "is not between 0 and 1");
        var titles = at.texts("titles");
        var measures = at.objects("measures").stream().map(ExaminationFile::readMeasure).toList();
        var results = new ArrayList<Result>();
        var seen = new HashSet<String>();
        for (StrictJson line : at.objects("results")) {
            var result = ResultFields.read(line);
            if (!result.task().equals(task)) throw line.wrong("task", "is not " + task);
            if (!seen.add(result.index() + " " + result.subject()))
                throw line.wrong("index", "occurs twice in subject " + result.subject());
            results.add(result);
        }
        at.nothingElse();
        return new Paper(task, title, facts, grouping, chance, titles, results, measures);
    }

    private static Grouping readGrouping(StrictJson at) {
        var official =
                switch (at.text("official")) {
                    case "micro" -> Grouping.Average.MICRO;
                    case "macro" -> Grouping.Average.MACRO;
                    default -> throw at.wrong("official", "is neither micro nor macro");
                };
        var columns = new ArrayList<Grouping.Column>();
        for (StrictJson column : at.objects("columns")) {
            columns.add(new Grouping.Column(column.text("name"), column.list("subjects")));
            column.nothingElse();
        }
        at.nothingElse();
        return new Grouping(columns, official);
    }

    private static Measure readMeasure(StrictJson at) {
        var measure =
                new Measure(
                        at.text("of"),
                        at.text("unit"),
                        at.numberOrNaN("value"),
                        at.numberOrNaN("low"),
                        at.numberOrNaN("high"),
                        at.longCount("count"));
        at.nothingElse();
        return measure;
    }

    private static Map<String, Object> fields(Grouping grouping) {
        var columns = new ArrayList<Map<String, Object>>();
        for (var column : grouping.columns()) {
            var fields = new LinkedHashMap<String, Object>();
            fields.put("name", column.name());
            fields.put("subjects", column.subjects());
            columns.add(fields);
        }
        var fields = new LinkedHashMap<String, Object>();
        fields.put("official", grouping.official().name().toLowerCase(Locale.ROOT));
        fields.put("columns", columns);
        return fields;
    }

    private static Map<String, @Nullable Object> fields(Measure measure) {
        var fields = new LinkedHashMap<String, @Nullable Object>();
        fields.put("of", measure.of());
        fields.put("unit", measure.unit());
        fields.put("value", finite(measure.value()));
        fields.put("low", finite(measure.low()));
        fields.put("high", finite(measure.high()));
        fields.put("count", measure.count());
        return fields;
    }

    private static List<@Nullable Double> scores(Result result) {
        var scores = new ArrayList<@Nullable Double>();
        for (double score : result.verdict().scores()) {
            if (Double.isNaN(score) || score == Double.POSITIVE_INFINITY)
                throw new IllegalArgumentException(
                        "a score of " + result.subject() + " " + result.index() + " is " + score);
            scores.add(score == Double.NEGATIVE_INFINITY ? null : score);
        }
        return scores;
    }

    private static @Nullable Double finite(double value) {
        return Double.isFinite(value) ? value : null;
    }

    /// The same with an order in every map.
    private static Object ordered(Object value) {
        return switch (value) {
            case Map<?, ?> map -> {
                var entries = new LinkedHashMap<String, Object>();
                map.forEach((key, of) -> entries.put((String) key, ordered(of)));
                yield map instanceof SequencedMap ? entries : new TreeMap<>(entries);
            }
            case List<?> list -> list.stream().map(ExaminationFile::ordered).toList();
            default -> value;
        };
    }

    private static String field(String name, @Nullable Object value) {
        return json(name) + ": " + json(value) + ",\n";
    }

    private static String json(@Nullable Object value) {
        return JSON.writeValueAsString(value);
    }
}
