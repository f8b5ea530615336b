package chuan.cli;

import chuan.cpu.ActivationType;
import chuan.cpu.CpuBackend;
import chuan.cpu.CpuOptions;
import chuan.cpu.MemoryPlan;
import chuan.files.DType;
import chuan.files.ModelFolder;
import chuan.files.QuantType;
import chuan.files.SyntheticModel;
import chuan.measure.BackendSubject;
import chuan.measure.Interleaved;
import chuan.measure.Ledger;
import chuan.measure.LimitChoice;
import chuan.measure.Machine;
import chuan.measure.MachineLimits;
import chuan.measure.ModelWork;
import chuan.measure.PeerProcess;
import chuan.measure.Report;
import chuan.measure.Setup;
import chuan.measure.Subject;
import chuan.measure.SyntheticBackend;
import chuan.model.Backend;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `chuan bench`: how fast a model reads and writes here, what the machine would allow, and what
/// other programs make of the same file.
@Command(
        name = "bench",
        description = {
            "Measures how fast a model reads a prompt and generates, beside the limits of this machine",
            "in the same process, and beside other programs in turns on the same file."
        },
        mixinStandardHelpOptions = true)
final class BenchCommand implements Callable<Integer> {
    private final Streams streams;

    @Spec CommandSpec spec = CommandSpec.create();
    @Mixin ModelOption model = new ModelOption();
    @Mixin CommonOptions common = new CommonOptions();
    @Mixin BenchCases cases = new BenchCases();

    @Option(
            names = "--synthetic",
            paramLabel = "SHAPE",
            description =
                    "Made-up weights in memory instead of a model: baichuan-13b, baichuan-7b,"
                            + " llama-13b, or a config.json.")
    @Nullable String synthetic;

    @Option(
            names = {"-t", "--type"},
            paramLabel = "T",
            description = "Their type, as of chuan quantize; default: ${DEFAULT-VALUE}.")
    QuantType type = QuantType.INT4;

    @Option(
            names = "--layers",
            paramLabel = "N",
            description = "Their layers, instead of all: 5 are quick.")
    int layers;

    @Option(
            names = "--kernels",
            paramLabel = "K",
            description = "${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}.")
    KernelChoice kernels = KernelChoice.AUTO;

    @Option(
            names = "--vs",
            paramLabel = "PEER",
            description =
                    "Another program in turns on the same GGUF file: llama.cpp or ik_llama.cpp, or"
                            + " NAME=COMMAND; may be repeated. See docs/performance.md.")
    List<String> versus = new ArrayList<>();

    @Option(
            names = "--ledger",
            paramLabel = "FILE",
            description = "Adds a row per measurement, such as bench/ledger.jsonl.")
    @Nullable Path ledger;

    @Option(names = "--no-limits", description = "Leaves the limits of the machine out.")
    boolean noLimits;

    @Option(names = "--json", description = "As one JSON object.")
    boolean json;

    BenchCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws IOException {
        check();
        if (common.kv == KvChoice.AUTO) common.kv = KvChoice.F16;
        if (synthetic != null) {
            measureSynthetic(synthetic);
        } else {
            try (var loaded = LoadedModel.open(model, common, kernels, streams, cases.tokens())) {
                loaded.awaitWeights();
                measure(loaded.backend(), ofFolder(loaded.folder()));
            }
        }
        return 0;
    }

    private void check() {
        common.check();
        cases.check();
        if (kernels == KernelChoice.REFERENCE)
            throw new CliException("--kernels reference: is for comparison, not for speed");
        if (synthetic != null && model.folder != null)
            throw new CliException("--model and --synthetic exclude each other");
        if (layers < 0 || (layers > 0 && synthetic == null))
            throw new CliException("--layers " + layers + ": a positive number, of --synthetic");
        if (!versus.isEmpty() && (synthetic != null || !Files.isRegularFile(model.path())))
            throw new CliException(
                    "--vs: needs a GGUF file that both can open; chuan quantize --type q4_0 or q8_0"
                            + " writes one");
    }

    private void measureSynthetic(String shape) throws IOException {
        var made = SyntheticModel.of(shape);
        var config = (layers > 0 ? made.withLayers(layers) : made).config();
        var kv = common.kv.type(config, cases.tokens());
        var work = ModelWork.of(config, kv, ModelWork.typed(type.matrices(), type.embeddings()));
        int threads = common.threadsOrCores();
        refuseIfTooMuch(MemoryPlan.of(config, work.weightBytes(), kv, cases.tokens(), threads));
        var options =
                new CpuOptions(
                        threads,
                        LoadedModel.selected(kernels),
                        common.weights,
                        kv,
                        common.activationsOrFast(),
                        common.placement(),
                        common.window);
        long megabytes = work.weightBytes() / 1_000_000;
        try (var progress = new ProgressLine(streams, "making weights", "MB", megabytes)) {
            var weights =
                    SyntheticBackend.weights(
                            config, type, threads, done -> progress.update(done / 1_000_000));
            progress.clear();
            try (var backend = new CpuBackend(config, weights, options)) {
                String name =
                        "%s, %d layers, made up"
                                .formatted(fileName(Path.of(shape)), config.layers());
                measure(backend, setup(name, type.matrices(), work));
            }
        }
    }

    private void refuseIfTooMuch(MemoryPlan plan) {
        var machine =
                MachineMemory.ofProcess(0).within(common.memoryLimit, MachineMemory.variable());
        if (plan.totalBytes() > machine.bytes())
            throw new CliException(
                    "--synthetic needs %s, but there are %s; fewer --layers or a smaller --type fit"
                            .formatted(ByteSize.gigabytes(plan.totalBytes()), machine.describe()));
    }

    private Setup ofFolder(ModelFolder folder) {
        var config = folder.config();
        var kv = common.kv.type(config, cases.tokens());
        var gate =
                folder.storedParts(
                        "model.layers.0.mlp.gate_proj.weight", config.ff(), config.hidden());
        return setup(
                fileName(folder.path()),
                gate.getFirst().dtype(),
                ModelWork.of(config, kv, ModelWork.stored(folder)));
    }

    private Setup setup(String name, DType matrices, ModelWork work) {
        return Setup.now(
                Models.home(),
                TypedCommand.of(spec),
                name,
                matrices,
                LoadedModel.selected(kernels).kernels().name(),
                common.activationsOrFast().name().toLowerCase(Locale.ROOT),
                common.kv.name().toLowerCase(Locale.ROOT),
                common.window.name().toLowerCase(Locale.ROOT),
                common.threadsOrCores(),
                work);
    }

    private static String fileName(Path path) {
        return path.toAbsolutePath().normalize().getFileName().toString();
    }

    private void measure(Backend backend, Setup setup) throws IOException {
        var table = new BenchTable(streams.out());
        var reports = new ArrayList<Report>();
        var limits = limits(setup);
        var progress = new Progress();
        var peers = BenchPeers.start(versus, model, setup.threads(), cases.context());
        try (var own = new BackendSubject(backend, cases.list(), progress)) {
            if (!json) table.head(backend.description(), setup);
            var run = new Interleaved(own, peers, progress::finished);
            for (var speedCase : cases.list()) {
                var result = run.measure(speedCase, cases.rounds);
                limits = better(limits, limits(setup));
                var report = new Report(setup, result, limits, peers, own.takeSkipped());
                reports.add(report);
                keep(report);
                progress.line.clear();
                if (!json) table.add(report);
            }
            var memory = memory(backend, setup);
            if (json) {
                var all = BenchTable.json(backend.description(), setup, reports, limits, memory);
                streams.out().println(Json.line(all));
            } else {
                table.tail(limits, memory, reports.getLast().result().load());
            }
        } finally {
            progress.line.close();
            peers.forEach(PeerProcess::close);
        }
    }

    private Map<String, Object> memory(Backend backend, Setup setup) {
        var memory = new LinkedHashMap<String, Object>();
        memory.put("weights_bytes", setup.work().weightBytes());
        if (backend instanceof CpuBackend cpu)
            memory.put("keys_and_values_bytes", cpu.kvCommittedBytes());
        long ballast = noLimits ? 0 : MachineLimits.MEMORY;
        memory.put("resident_bytes", Math.max(0, Machine.residentBytes() - ballast));
        return memory;
    }

    private @Nullable MachineLimits limits(Setup setup) {
        if (noLimits) return null;
        boolean bytes = common.activationsOrFast() == ActivationType.INT8;
        return MachineLimits.measure(
                setup.threads(), LimitChoice.of(setup.kernels(), setup.matrices(), bytes));
    }

    /// A limit is the most that was seen.
    private static @Nullable MachineLimits better(
            @Nullable MachineLimits before, @Nullable MachineLimits after) {
        return before == null || after == null ? after : before.best(after);
    }

    private void keep(Report report) throws IOException {
        if (ledger == null) return;
        for (var row : report.rows()) new Ledger(ledger).append(row);
    }

    /// Counts the tokens of the repetitions.
    private final class Progress implements Subject.Progress {
        private final ProgressLine line =
                new ProgressLine(streams, "measuring", "tokens", cases.work());
        private long finished;

        @Override
        public void tokens(long done) {
            line.update(Math.min(finished + done, cases.work()));
        }

        void finished(long tokens) {
            finished += tokens;
            line.update(finished);
        }
    }
}
