package chuan.cli;

import chuan.engine.Cancellation;
import chuan.engine.Perplexity;
import chuan.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `chuan perplexity`: how well a model predicts a text.
@Command(
        name = "perplexity",
        description = "Measures how well a model predicts text: bits per byte, perplexity.",
        mixinStandardHelpOptions = true)
final class PerplexityCommand implements Callable<Integer> {
    private final Streams streams;

    @Mixin ModelOption model = new ModelOption();
    @Mixin CommonOptions common = new CommonOptions();

    @Option(
            names = {"-f", "--file"},
            required = true,
            paramLabel = "FILE",
            description =
                    "A text is one document; .jsonl holds one per line, in \"text\"; .gz is unpacked.")
    Path file = Path.of("");

    @Option(
            names = "--window",
            paramLabel = "N",
            description = "Tokens seen at once; default: all.")
    int window;

    @Option(
            names = "--stride",
            paramLabel = "N",
            description = "Tokens by which the window advances; default: half of it.")
    int stride;

    @Option(
            names = "--kernels",
            paramLabel = "K",
            description = "${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}.")
    KernelChoice kernels = KernelChoice.AUTO;

    @Option(names = "--json", description = "As one JSON object.")
    boolean json;

    PerplexityCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws IOException {
        var documents = new Documents(List.of(file));
        long bytes = 0;
        for (String d : documents) bytes += d.getBytes(StandardCharsets.UTF_8).length;
        if (bytes == 0) throw new CliException(file + ": holds no text");
        try (var loaded = LoadedModel.open(model, common, kernels, streams);
                var progress = new ProgressLine(streams, "reading", "bytes", bytes)) {
            Tokenizer tokenizer = model.tokenizer();
            var protocol = protocol(Perplexity.of(loaded.backend(), tokenizer));
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

    private Perplexity protocol(Perplexity usual) {
        int tokens = window > 0 ? window : common.context > 0 ? common.context : usual.window();
        int step = stride > 0 ? stride : Math.max(1, tokens / 2);
        return new Perplexity(usual.startId(), tokens, step);
    }

    private void print(Perplexity protocol, Perplexity.Result result) {
        var r = new LinkedHashMap<String, Object>();
        r.put("file", file.toString());
        r.put("documents", result.documents());
        r.put("bytes", result.bytes());
        r.put("tokens", result.tokens());
        r.put("bits_per_byte", result.bitsPerByte());
        r.put("perplexity", result.perplexity());
        r.put("window", protocol.window());
        r.put("stride", protocol.stride());
        r.put("lossy_documents", result.lossyDocuments());
        streams.out().println(json ? Json.line(r) : text(protocol, result));
    }

    private static String text(Perplexity protocol, Perplexity.Result result) {
        String changed =
                result.lossyDocuments() == 0
                        ? ""
                        : String.format(
                                Locale.ROOT,
                                "%nThe tokenizer changes %d documents: bits per byte flatters there.",
                                result.lossyDocuments());
        return String.format(
                Locale.ROOT,
                "%.4f bits per byte, perplexity %.3f per token (%,d documents, %,d bytes, %,d tokens;"
                        + " %s)%s",
                result.bitsPerByte(),
                result.perplexity(),
                result.documents(),
                result.bytes(),
                result.tokens(),
                protocol,
                changed);
    }
}
