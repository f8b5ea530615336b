package chuan.cli;

import chuan.cpu.ActivationType;
import chuan.engine.Cancellation;
import chuan.engine.Comparison;
import chuan.engine.Perplexity;
import chuan.eval.Task;
import chuan.eval.report.Bootstrap;
import chuan.eval.report.PaperFigures;
import chuan.eval.report.PaperFigures.Mean;
import chuan.eval.report.QuantizationTable;
import chuan.eval.run.Examiner;
import chuan.files.GgufExport;
import chuan.files.ParallelReads;
import chuan.files.QuantType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `chuan eval quantization`: what fewer bits cost, in one table.
@Command(
        name = "quantization",
        description = {
            "Writes a model in fewer bits, to a place of its own that is emptied again, and"
                    + " measures what",
            "it lost: bytes, bits per byte and divergence on a text, scores of tasks."
        },
        mixinStandardHelpOptions = true)
final class EvalQuantizationCommand implements Callable<Integer> {
    private final Streams streams;

    @Mixin ModelOption model = new ModelOption();
    @Mixin TextOptions text = new TextOptions();
    @Mixin EvalTaskOptions asked = new EvalTaskOptions();
    @Mixin CommonOptions common = new CommonOptions();

    @Option(
            names = "--types",
            paramLabel = "T",
            split = ",",
            description = "As chuan quantize --type writes them; default: int8,int4.")
    List<String> types = List.of("int8", "int4");

    @Option(
            names = "--batch",
            paramLabel = "N",
            description = "Questions that are computed together; default: ${DEFAULT-VALUE}.")
    int batch = 16;

    @Option(
            names = "--kernels",
            paramLabel = "K",
            description = "${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}.")
    KernelChoice kernels = KernelChoice.AUTO;

    @Option(names = "--json", description = "As one JSON object.")
    boolean json;

    EvalQuantizationCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws IOException {
        common.activationsUnlessGiven(ActivationType.F32);
        common.shareThreads();
        var forms = types.stream().map(EvalQuantizationCommand::typeNamed).toList();
        var documents = text.documents();
        long bytes = text.bytes(documents);
        List<Task> tasks =
                asked.tasks.isEmpty()
                        ? List.of()
                        : asked.open(common.contextOr(model.open().config().maxContext()));
        var rows = new ArrayList<QuantizationTable.Row>();
        rows.add(row("as stored", model, null, tasks, bytes));
        Path folder = Files.createTempDirectory("chuan-quantization");
        try {
            for (QuantType form : forms) {
                var small = new ModelOption();
                small.folder = folder.resolve(form.label() + ".gguf");
                write(form, small.path());
                rows.add(row(form.label(), small, model, tasks, bytes));
                Files.delete(small.path());
            }
        } finally {
            for (QuantType form : forms)
                Files.deleteIfExists(folder.resolve(form.label() + ".gguf"));
            Files.delete(folder);
        }
        var table =
                new QuantizationTable(
                        String.valueOf(model.path().toAbsolutePath().normalize().getFileName()),
                        text.names(),
                        tasks.stream().map(Task::name).toList(),
                        rows);
        if (json) streams.out().println(Json.line(table.values()));
        else streams.out().print(table.text());
        return 0;
    }

    private static QuantType typeNamed(String name) {
        int at = QuantType.labels().indexOf(name.toLowerCase(Locale.ROOT));
        if (at < 0)
            throw new CliException(
                    "--types " + name + ": unknown; of " + String.join(", ", QuantType.labels()));
        return QuantType.values()[at];
    }

    private void write(QuantType form, Path file) throws IOException {
        var input = model.open();
        var vocabulary = GgufVocabulary.of(input, model);
        try (var reads = new ParallelReads(common.threadsOrCores())) {
            var export =
                    new GgufExport(
                            input,
                            GgufExport.typesOf(form, form.embeddings()),
                            form.isOurs(),
                            Map.of(),
                            vocabulary.keys(),
                            form.isOurs() ? vocabulary.file() : Optional.empty(),
                            reads);
            var output = new ModelOutput();
            output.path = file;
            output.checkSpace(export.fileBytes());
            try (var progress =
                    new ProgressLine(
                            streams,
                            "writing " + form.label(),
                            "MB",
                            export.tensorBytes() / 1_000_000)) {
                export.write(file, bytes -> progress.update(bytes / 1_000_000));
            }
        }
    }

    /// @param measure what it is compared with; null for that itself
    private QuantizationTable.Row row(
            String form,
            ModelOption one,
            @Nullable ModelOption measure,
            List<Task> tasks,
            long bytes)
            throws IOException {
        var tokenizer = model.tokenizer();
        Comparison.Result compared = null;
        Perplexity.Result alone = null;
        try (var b = LoadedModel.open(one, common, kernels, streams);
                var progress = new ProgressLine(streams, form + ": reading", "bytes", bytes)) {
            if (measure == null) {
                alone =
                        text.protocol(common, tokenizer, b.backend())
                                .measure(
                                        b.backend(),
                                        tokenizer,
                                        text.documents(),
                                        soFar -> progress.update(soFar.bytes()),
                                        new Cancellation());
            } else {
                try (var a = LoadedModel.open(measure, common, kernels, streams)) {
                    compared =
                            new Comparison(
                                            text.protocol(
                                                    common, tokenizer, a.backend(), b.backend()))
                                    .measure(
                                            a.backend(),
                                            b.backend(),
                                            tokenizer,
                                            text.documents(),
                                            soFar -> progress.update(soFar.bytes()));
                }
            }
        }
        var scores = scores(one, tasks);
        if (compared == null)
            return new QuantizationTable.Row(
                    form,
                    one.open().weightBytes(),
                    alone == null ? Double.NaN : alone.bitsPerByte(),
                    0,
                    0,
                    1,
                    scores);
        return new QuantizationTable.Row(
                form,
                one.open().weightBytes(),
                compared.b().bitsPerByte(),
                compared.divergence(),
                compared.divergenceError(),
                compared.agreement(),
                scores);
    }

    private List<Mean> scores(ModelOption one, List<Task> tasks) throws IOException {
        if (tasks.isEmpty()) return List.of();
        try (var local = EvalModel.open(one, common, kernels, batch, true, streams);
                var progress = new EvalProgress(streams)) {
            var examination =
                    new Examiner(local.examinee(), Map.of(), false, progress)
                            .hold(tasks, new Cancellation());
            var scores = new ArrayList<Mean>();
            for (var paper : examination.papers())
                scores.add(PaperFigures.of(paper, Bootstrap.DEFAULT).overall());
            return scores;
        }
    }
}
