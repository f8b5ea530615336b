package chuan.cli;

import chuan.cpu.ActivationType;
import chuan.engine.Cancellation;
import chuan.engine.Perplexity;
import chuan.eval.Task;
import chuan.eval.measure.FormGauge;
import chuan.eval.report.Bootstrap;
import chuan.eval.report.HtmlQuantization;
import chuan.eval.report.PaperFigures;
import chuan.eval.report.PaperFigures.Mean;
import chuan.eval.report.QuantizationTable;
import chuan.eval.run.Examiner;
import chuan.files.AtomicFile;
import chuan.files.GgufExport;
import chuan.files.ParallelReads;
import chuan.files.QuantType;
import chuan.model.Backend;
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
            "Measures what a model loses in fewer bits, in one table or page.",
            "Writes it in each type to a place of its own that is emptied again: bytes, bits per byte and divergence on a text, scores of tasks."
        },
        mixinStandardHelpOptions = true)
final class EvalQuantizationCommand implements Callable<Integer> {
    private final Streams streams;

    @Mixin TextModelOptions of = new TextModelOptions();

    @Mixin EvalTaskOptions asked = new EvalTaskOptions();

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
            names = "--html",
            paramLabel = "PAGE",
            description = "Write a page that opens from the disk and needs no network.")
    @Nullable Path html;

    EvalQuantizationCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws IOException {
        of.common.activationsUnlessGiven(ActivationType.F32);
        of.common.shareThreads();
        var forms = types.stream().map(EvalQuantizationCommand::typeNamed).toList();
        var documents = of.text.documents();
        long bytes = of.text.bytes(documents);
        List<Task> tasks =
                asked.tasks.isEmpty()
                        ? List.of()
                        : asked.open(of.common.contextOr(of.model.open().config().maxContext()));
        var rows = new ArrayList<QuantizationTable.Row>();
        rows.add(row(QuantizationTable.AS_STORED, of.model, null, tasks, bytes));
        Path folder = Files.createTempDirectory("chuan-quantization");
        try {
            for (QuantType form : forms) {
                var small = new ModelOption();
                small.folder = folder.resolve(form.label() + ".gguf");
                write(form, small.path());
                rows.add(row(form.label(), small, of.model, tasks, bytes));
                Files.delete(small.path());
            }
        } finally {
            for (QuantType form : forms)
                Files.deleteIfExists(folder.resolve(form.label() + ".gguf"));
            Files.delete(folder);
        }
        var table =
                new QuantizationTable(
                        String.valueOf(of.model.path().toAbsolutePath().normalize().getFileName()),
                        of.text.names(),
                        tasks.stream().map(Task::name).toList(),
                        rows);
        if (html != null) AtomicFile.writeText(html, HtmlQuantization.of(table));
        if (of.json) streams.out().println(Json.line(table.values()));
        else if (html == null) streams.out().print(table.text());
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
        var input = of.model.open();
        var vocabulary = GgufVocabulary.of(input, of.model);
        try (var reads = new ParallelReads(of.common.threadsOrCores())) {
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
        FormGauge.Loss loss;
        try (var b = LoadedModel.open(one, of.common, of.kernels, streams);
                var progress = new ProgressLine(streams, form + ": reading", "bytes", bytes)) {
            Perplexity.Progress heard = soFar -> progress.update(soFar.bytes());
            if (measure == null) {
                loss = gauge(b.backend()).alone(b.backend(), heard);
            } else {
                try (var a = LoadedModel.open(measure, of.common, of.kernels, streams)) {
                    loss = gauge(a.backend(), b.backend()).against(a.backend(), b.backend(), heard);
                }
            }
        }
        return new QuantizationTable.Row(
                form,
                one.open().weightBytes(),
                loss.bitsPerByte(),
                loss.change(),
                loss.divergence(),
                loss.agreement(),
                scores(one, tasks));
    }

    private FormGauge gauge(Backend... backends) throws IOException {
        var tokenizer = of.model.tokenizer();
        return new FormGauge(
                of.text.protocol(of.common, tokenizer, backends), tokenizer, of.text.documents());
    }

    private List<Mean> scores(ModelOption one, List<Task> tasks) throws IOException {
        if (tasks.isEmpty()) return List.of();
        try (var local = EvalModel.open(one, of.common, of.kernels, batch, true, streams);
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
