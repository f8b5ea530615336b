package chuan.cli;

import chuan.cpu.ActivationType;
import chuan.engine.Cancellation;
import chuan.eval.Examination;
import chuan.eval.Examination.Paper;
import chuan.eval.Examinee;
import chuan.eval.Task;
import chuan.eval.endpoint.EndpointExaminee;
import chuan.eval.endpoint.EndpointOptions;
import chuan.eval.report.Report;
import chuan.eval.report.TextReport;
import chuan.eval.run.Examiner;
import chuan.eval.task.Submission;
import chuan.files.AtomicFile;
import chuan.measure.Commit;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `chuan eval`: benchmarks.
@Command(
        name = "eval",
        description = {
            "Examines a model, or an endpoint, with benchmarks such as C-Eval, MMLU and CMMLU.",
            "Asks by the protocols of the published figures or by others; the same command gives the same digits."
        },
        mixinStandardHelpOptions = true)
final class EvalCommand implements Callable<Integer> {
    /// Some questions could not be asked.
    static final int INCOMPLETE = 3;

    /// After a first failed transfer.
    private static final Duration BACK_OFF = Duration.ofMillis(500);

    private final Streams streams;

    @Spec CommandSpec spec = CommandSpec.create();
    @Mixin ModelOption model = new ModelOption();
    @Mixin EvalTaskOptions asked = new EvalTaskOptions();
    @Mixin EvalEndpointOptions endpoint = new EvalEndpointOptions();
    @Mixin CommonOptions common = new CommonOptions();

    @Option(names = "--list", description = "List tasks and their protocols, and stop.")
    boolean list;

    @Option(
            names = "--get",
            paramLabel = "NAME",
            description = "Fetch the set of a task, with its licence, and stop.")
    @Nullable String get;

    @Option(
            names = "--hub",
            paramLabel = "URL",
            description = "Where --get fetches from; default: HF_ENDPOINT, else the public hub.")
    @Nullable String hub;

    @Option(
            names = {"-o", "--out"},
            paramLabel = "RUN.json",
            description =
                    "Keep all questions and answers here, for report and compare; the same command"
                            + " goes on after an interruption.")
    @Nullable Path out;

    @Option(
            names = "--batch",
            paramLabel = "N",
            description =
                    "Questions that are computed together; default: ${DEFAULT-VALUE}. Changes no"
                            + " digit.")
    int batch = 16;

    @Option(
            names = "--no-sharing",
            description =
                    "Compute each question from its first token: slower, and changes no digit.")
    boolean noSharing;

    @Option(
            names = "--no-times",
            description = "Leave out of the result what is different each time.")
    boolean noTimes;

    @Option(
            names = "--kernels",
            paramLabel = "K",
            description = "${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}.")
    KernelChoice kernels = KernelChoice.AUTO;

    @Option(names = "--json", description = "The figures as one JSON object.")
    boolean json;

    EvalCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws IOException {
        if (list) {
            new EvalList(streams.out()).print(json);
            return 0;
        }
        if (get != null) return new EvalSets(streams, asked.folder(), hub, BACK_OFF).fetch(get);
        if (batch < 1 || batch > 4096)
            throw new CliException("--batch " + batch + ": from 1 to 4096");
        var there = endpoint.options();
        if (there.isPresent()) return examine(there.get());
        common.activationsUnlessGiven(ActivationType.F32);
        common.shareThreads();
        common.check();
        int context = common.contextOr(model.open().config().maxContext());
        var tasks = asked.open(context);
        var gauges = new EvalGauges(asked.gauges(context), streams);
        try (var local = EvalModel.open(model, common, kernels, batch, !noSharing, streams)) {
            var backend = local.engine().backend();
            var tokenizer = local.engine().tokenizer();
            return examine(
                    tasks, local.examinee(), stop -> gauges.measure(backend, tokenizer, stop));
        }
    }

    private int examine(EndpointOptions there) throws IOException {
        try (var examinee = EndpointExaminee.open(there)) {
            int context = examinee.context().orElse(Integer.MAX_VALUE);
            for (var gauge : asked.gauges(context))
                throw new CliException(
                        "--tasks "
                                + gauge.name()
                                + ": is computed from a model of this machine, not asked of an"
                                + " endpoint");
            return examine(asked.open(context), examinee, _ -> List.of());
        }
    }

    /// What is measured without asking anything.
    private interface Measured {
        List<Paper> by(Cancellation stop) throws IOException;
    }

    private int examine(List<Task> tasks, Examinee examinee, Measured measured) throws IOException {
        Examination examination;
        var progress = new EvalProgress(streams);
        try (var stop = new EvalStop(streams.err(), () -> interrupted(progress));
                progress) {
            var examiner =
                    new Examiner(examinee, facts(), !noTimes, progress)
                            .with(measured.by(stop.cancellation()));
            examination =
                    out == null
                            ? examiner.hold(tasks, stop.cancellation())
                            : examiner.holdAndWrite(tasks, out, stop.cancellation());
        } catch (CancellationException _) {
            return Errors.INTERRUPTED;
        }
        writeSubmissions(examination);
        var report = Report.of(examination);
        if (json) streams.out().println(Json.line(report.values()));
        else streams.out().print(TextReport.of(report, false));
        long failures = Examiner.failures(examination);
        if (failures == 0) return 0;
        streams.err()
                .println(
                        "chuan: %,d questions could not be asked (%s)%s"
                                .formatted(
                                        failures,
                                        firstFailure(examination),
                                        out == null ? "" : "; the same command asks them again"));
        return INCOMPLETE;
    }

    /// What only the authors of a set can score, for them, beside the examination.
    private void writeSubmissions(Examination examination) throws IOException {
        if (out == null) return;
        for (var paper : examination.papers()) {
            if (!Submission.isFor(paper)) continue;
            var file =
                    out.resolveSibling(out.getFileName() + "." + paper.task() + "-submission.json");
            AtomicFile.writeText(file, Submission.json(paper));
            streams.err().println("chuan: " + file + ": choices for the authors of the set");
        }
    }

    private String interrupted(EvalProgress progress) {
        return out == null
                ? "interrupted; without --out nothing is kept"
                : "interrupted; %,d answers are kept in %s, and the same command goes on"
                        .formatted(progress.answered(), Examiner.unfinished(out));
    }

    private static String firstFailure(Examination examination) {
        return examination.papers().stream()
                .flatMap(paper -> paper.results().stream())
                .map(result -> result.failure())
                .filter(failure -> !failure.isEmpty())
                .findFirst()
                .orElse("");
    }

    private Map<String, Object> facts() {
        var facts = new LinkedHashMap<String, Object>();
        facts.put("program", "chuan " + new Version().number());
        facts.put(Examinee.OF_RUN + "commit", Commit.of(Models.home()));
        facts.put(Examinee.OF_RUN + "command", TypedCommand.of(spec));
        facts.put(
                Examinee.OF_RUN + "started",
                Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        return facts;
    }
}
