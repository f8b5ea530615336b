package chuan.cli;

import chuan.cpu.ActivationType;
import chuan.cpu.WeightType;
import chuan.engine.Comparison;
import chuan.engine.Perplexity;
import chuan.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `chuan compare`: what one model lost against another.
@Command(
        name = "compare",
        description = {
            "Compares two models that share a vocabulary on a text: perplexity of both, KL",
            "divergence, agreement on the most probable token."
        },
        mixinStandardHelpOptions = true)
final class CompareCommand implements Callable<Integer> {
    private final Streams streams;

    @Mixin TextModelOptions of = new TextModelOptions();

    @Option(
            names = "--with",
            required = true,
            paramLabel = "FOLDER",
            description = "The second model; --model is the measure.")
    Path with = Path.of("");

    @Option(
            names = "--with-weights",
            paramLabel = "T",
            description = "--weights of the second model; default: the same.")
    @Nullable WeightType withWeights;

    CompareCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws IOException {
        of.common.activationsUnlessGiven(ActivationType.F32);
        var documents = of.text.documents();
        long bytes = of.text.bytes(documents);
        Tokenizer tokenizer = of.model.tokenizer();
        var second = new ModelOption();
        second.folder = with;
        requireSameVocabulary(tokenizer, second);
        of.common.shareThreads();
        try (var a = LoadedModel.open(of.model, of.common, of.kernels, streams);
                var b = open(second);
                var progress = new ProgressLine(streams, "comparing", "bytes", bytes)) {
            var protocol = of.text.protocol(of.common, tokenizer, a.backend(), b.backend());
            var result =
                    new Comparison(protocol)
                            .measure(
                                    a.backend(),
                                    b.backend(),
                                    tokenizer,
                                    documents,
                                    soFar -> progress.update(soFar.bytes()));
            progress.clear();
            streams.out().println(of.json ? Json.line(report(protocol, result)) : table(result));
            if (!of.json) streams.out().println("(" + of.text.amount(result.a(), protocol) + ")");
        }
        return 0;
    }

    private LoadedModel open(ModelOption second) {
        var first = of.common.weights;
        if (withWeights != null) of.common.weights = withWeights;
        try {
            return LoadedModel.open(second, of.common, of.kernels, streams);
        } finally {
            of.common.weights = first;
        }
    }

    /// A folder without a tokenizer is taken to mean the same tokens.
    private void requireSameVocabulary(Tokenizer first, ModelOption second) throws IOException {
        if (second.open().tokenizer().isEmpty()) return;
        Tokenizer other = second.tokenizer();
        if (first.vocabSize() != other.vocabSize())
            throw new CliException(
                    "--with %s: its vocabulary has %,d tokens, that of %s %,d; only models with one"
                                    .formatted(
                                            with,
                                            other.vocabSize(),
                                            of.model.path(),
                                            first.vocabSize())
                            + " vocabulary can be compared");
        for (int id = 0; id < first.vocabSize(); id++)
            if (!first.piece(id).equals(other.piece(id)))
                throw new CliException(
                        "--with %s: token %d is %s there and %s in %s; only models with one"
                                        .formatted(
                                                with,
                                                id,
                                                other.piece(id),
                                                first.piece(id),
                                                of.model.path())
                                + " vocabulary can be compared");
    }

    private LinkedHashMap<String, Object> report(Perplexity protocol, Comparison.Result r) {
        var report = new LinkedHashMap<String, Object>();
        report.put("model", of.model.path().toString());
        report.put("with", with.toString());
        report.put("files", of.text.files.stream().map(Path::toString).toList());
        report.put("documents", r.a().documents());
        report.put("bytes", r.a().bytes());
        report.put("tokens", r.a().tokens());
        report.put("window", protocol.window());
        report.put("stride", protocol.stride());
        report.put("perplexity", List.of(r.a().perplexity(), r.b().perplexity()));
        report.put("bits_per_byte", List.of(r.a().bitsPerByte(), r.b().bitsPerByte()));
        report.put("perplexity_change_percent", 100 * r.change());
        report.put("perplexity_change_error_percent", 100 * r.changeError());
        report.put("kl_mean", r.divergence());
        report.put("kl_mean_error", r.divergenceError());
        report.put("kl_99_9", r.highDivergence());
        report.put("top1_agreement", r.agreement());
        report.put("logit_rms_difference", r.logitDifference());
        return report;
    }

    private String table(Comparison.Result r) {
        return String.format(
                Locale.ROOT,
                """
                model               %s
                compared with       %s
                perplexity          %.4f -> %.4f (%+.3f %% ± %.3f)
                bits per byte       %.4f -> %.4f
                KL divergence       mean %.3g ± %.2g nats, 99.9 %% of tokens below %.3g
                same first choice   %.2f %% of tokens
                logits              differ by %.3g (root of the mean square)\
                """,
                of.model.path(),
                with,
                r.a().perplexity(),
                r.b().perplexity(),
                100 * r.change(),
                100 * r.changeError(),
                r.a().bitsPerByte(),
                r.b().bitsPerByte(),
                r.divergence(),
                r.divergenceError(),
                r.highDivergence(),
                100 * r.agreement(),
                r.logitDifference());
    }
}
