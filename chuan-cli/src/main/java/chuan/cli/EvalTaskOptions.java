package chuan.cli;

import chuan.eval.LetterTokens;
import chuan.eval.Task;
import chuan.eval.measure.Gauge;
import chuan.eval.measure.Measuring;
import chuan.eval.task.TaskSettings;
import chuan.eval.task.Tasks;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// What is asked, and how.
final class EvalTaskOptions {
    @Option(
            names = "--tasks",
            paramLabel = "TASK",
            split = ",",
            description =
                    "What to ask: names of chuan eval --list, or paths of task files; TASK:SUBJECT"
                            + " asks one subject only.")
    List<String> tasks = new ArrayList<>();

    @Option(
            names = "--protocol",
            paramLabel = "NAME",
            description = "How to ask, see --list; default: as the published figures were made.")
    @Nullable String protocol;

    @Option(
            names = "--shots",
            paramLabel = "N",
            description = "Examples before each question; default: as the protocol says.")
    @Nullable Integer shots;

    @Option(
            names = "--split",
            paramLabel = "NAME",
            description = "Part of the set, such as val or test; default: as the protocol says.")
    @Nullable String split;

    @Option(
            names = "--limit",
            paramLabel = "N",
            description = "Questions of each subject, from its first; default: all.")
    @Nullable Integer limit;

    @Option(
            names = "--letters",
            paramLabel = "FORM",
            converter = LettersConverter.class,
            description =
                    "Which tokens stand for the letters: word-start (as after a blank) or plain;"
                            + " default: as the protocol says.")
    @Nullable LetterTokens letters;

    @Option(names = "--chat", description = "Ask in the model's own chat format.")
    boolean chat;

    @Option(
            names = "--seed",
            paramLabel = "S",
            description = "Of the order of examples, where a protocol draws it.")
    @Nullable Long seed;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description =
                    "Folder of the sets, each in a folder of its own; default: where --get keeps"
                            + " them.")
    @Nullable Path data;

    /// Where sets are kept.
    Path folder() {
        return data == null ? EvalSets.store() : data;
    }

    /// Opens all of them: what is wrong with one is said before a model is loaded.
    ///
    /// @param context tokens that prompt and answer may have together
    List<Task> open(int context) throws IOException {
        if (tasks.isEmpty())
            throw new CliException(
                    "--tasks: name what to ask, such as --tasks "
                            + String.join(",", Tasks.names())
                            + "; chuan eval --list tells more");
        var settings = settings(context);
        var open = new ArrayList<Task>();
        var names = new HashSet<String>();
        for (String what : tasks) {
            if (Measuring.isGauge(what)) continue;
            var own = Measuring.task(what, settings);
            var task = own.isPresent() ? own.get() : Tasks.open(what, settings);
            if (!names.add(task.name()))
                throw new CliException(
                        "--tasks: %s is named twice; several subjects of it are %s:ONE+TWO"
                                .formatted(task.name(), task.name()));
            open.add(task);
        }
        return open;
    }

    /// What is measured without asking anything.
    List<Gauge> gauges(int context) throws IOException {
        var gauges = new ArrayList<Gauge>();
        for (String what : tasks) Measuring.gauge(what, settings(context)).ifPresent(gauges::add);
        return gauges;
    }

    private TaskSettings settings(int context) {
        return new TaskSettings(
                folder(),
                Optional.ofNullable(protocol),
                Optional.ofNullable(split),
                shots == null ? OptionalInt.empty() : OptionalInt.of(shots),
                limit == null ? OptionalInt.empty() : OptionalInt.of(limit),
                Optional.ofNullable(letters),
                chat,
                seed == null ? OptionalLong.empty() : OptionalLong.of(seed),
                context);
    }
}
