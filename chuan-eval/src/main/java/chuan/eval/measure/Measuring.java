package chuan.eval.measure;

import chuan.eval.Task;
import chuan.eval.task.TaskSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// What can stand after `--tasks` besides sets of questions.
public final class Measuring {
    private static final String TEXT = "text:";
    private static final String LENGTHS = "lengths:";

    private Measuring() {}

    /// Names and what they measure, for people.
    public static Map<String, String> names() {
        var names = new LinkedHashMap<String, String>();
        names.put(ArithmeticTask.NAME, "sums made from a seed, exact match");
        names.put(PasskeyTask.NAME, "a number hidden in a long text, by length and depth");
        names.put(
                TranslationTask.PREFIX + "FILE.jsonl",
                "chrF of lines with \"from\", \"to\", \"source\", \"target\"");
        names.put(TEXT + "FILE", "bits per byte, by language and source of a JSONL file");
        names.put(LENGTHS + "FILE", "bits per byte by position in long documents");
        return names;
    }

    /// @throws MeasureException if settings or file are wrong
    public static Optional<Task> task(String what, TaskSettings settings) throws IOException {
        if (what.equals(ArithmeticTask.NAME)) return Optional.of(new ArithmeticTask(settings));
        if (what.equals(PasskeyTask.NAME)) return Optional.of(new PasskeyTask(settings));
        if (what.startsWith(TranslationTask.PREFIX))
            return Optional.of(new TranslationTask(file(what, TranslationTask.PREFIX), settings));
        return Optional.empty();
    }

    /// Whether it is one that asks nothing.
    public static boolean isGauge(String what) {
        return what.startsWith(TEXT) || what.startsWith(LENGTHS);
    }

    /// @throws MeasureException if the file is wrong
    public static Optional<Gauge> gauge(String what, TaskSettings settings) throws IOException {
        if (what.startsWith(TEXT))
            return Optional.of(TextGauge.of(file(what, TEXT), settings.limit()));
        if (what.startsWith(LENGTHS))
            return Optional.of(
                    LengthGauge.of(file(what, LENGTHS), settings.context(), settings.limit()));
        return Optional.empty();
    }

    private static Path file(String what, String prefix) {
        String name = what.substring(prefix.length());
        if (name.isEmpty()) throw new MeasureException(what + ": name a file behind the colon");
        return Path.of(name);
    }
}
