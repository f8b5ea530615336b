package chuan.cli;

import chuan.cpu.ActivationType;
import chuan.engine.Cancellation;
import chuan.engine.Perplexity;
import chuan.tokenizer.Tokenizer;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `chuan perplexity`: how well a model predicts a text.
@Command(
        name = "perplexity",
        description = "Measures how well a model predicts text: bits per byte, perplexity.",
        mixinStandardHelpOptions = true)
final class PerplexityCommand implements Callable<Integer> {
    private final Streams streams;

    @Mixin TextModelOptions of = new TextModelOptions();

    @Mixin LengthOptions length = new LengthOptions();

    PerplexityCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws IOException {
        of.common.activationsUnlessGiven(ActivationType.F32);
        of.common.shareThreads();
        if (length.wanted()) {
            new LengthReport(of.model, of.common, of.text, length, of.kernels, streams)
                    .run(of.json);
            return 0;
        }
        var documents = of.text.documents();
        long bytes = of.text.bytes(documents);
        try (var loaded = LoadedModel.open(of.model, of.common, of.kernels, streams);
                var progress = new ProgressLine(streams, "reading", "bytes", bytes)) {
            Tokenizer tokenizer = of.model.tokenizer();
            var protocol = of.text.protocol(of.common, tokenizer, loaded.backend());
            var result =
                    protocol.measure(
                            loaded.backend(),
                            tokenizer,
                            documents,
                            soFar -> progress.update(soFar.bytes()),
                            new Cancellation());
            progress.clear();
            print(protocol, result);
        }
        return 0;
    }

    private void print(Perplexity protocol, Perplexity.Result result) {
        var r = new LinkedHashMap<String, Object>();
        r.put("file", of.text.names());
        r.put("documents", result.documents());
        r.put("bytes", result.bytes());
        r.put("tokens", result.tokens());
        r.put("bits_per_byte", result.bitsPerByte());
        r.put("perplexity", result.perplexity());
        r.put("window", protocol.window());
        r.put("stride", protocol.stride());
        r.put("lossy_documents", result.lossyDocuments());
        streams.out().println(of.json ? Json.line(r) : sentence(protocol, result));
    }

    private String sentence(Perplexity protocol, Perplexity.Result result) {
        String changed =
                result.lossyDocuments() == 0
                        ? ""
                        : String.format(
                                Locale.ROOT,
                                "%nThe tokenizer changes %d documents: bits per byte flatters there.",
                                result.lossyDocuments());
        return String.format(
                Locale.ROOT,
                "%.4f bits per byte, perplexity %.3f per token (%s)%s",
                result.bitsPerByte(),
                result.perplexity(),
                of.text.amount(result, protocol),
                changed);
    }
}
