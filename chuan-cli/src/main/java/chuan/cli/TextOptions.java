package chuan.cli;

import chuan.engine.Perplexity;
import chuan.model.Backend;
import chuan.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/// The text that models are measured on, and how it is read.
final class TextOptions {
    @Option(
            names = {"-f", "--file"},
            required = true,
            paramLabel = "FILE",
            description =
                    "A text is one document; .jsonl holds one per line, in \"text\"; .gz is"
                            + " unpacked. May be given more than once.")
    List<Path> files = new ArrayList<>();

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

    Documents documents() {
        return new Documents(files);
    }

    /// @throws CliException if there are none
    long bytes(Documents documents) {
        long bytes = 0;
        for (String d : documents) bytes += d.getBytes(StandardCharsets.UTF_8).length;
        if (bytes == 0) throw new CliException(names() + ": holds no text");
        return bytes;
    }

    /// As asked for, else what suits all of `backends`.
    Perplexity protocol(CommonOptions common, Tokenizer tokenizer, Backend... backends) {
        Perplexity usual = Perplexity.of(backends[0], tokenizer);
        int tokens = usual.window();
        for (Backend b : backends) tokens = Math.min(tokens, b.config().maxContext());
        if (common.context > 0) tokens = common.context;
        if (window > 0) tokens = window;
        int step = stride > 0 ? stride : Math.max(1, tokens / 2);
        return new Perplexity(usual.startId(), tokens, step);
    }

    String names() {
        return files.stream().map(Path::toString).collect(Collectors.joining(", "));
    }

    /// What was read and how.
    String amount(Perplexity.Result result, Perplexity protocol) {
        return String.format(
                Locale.ROOT,
                "%,d documents, %,d bytes, %,d tokens; %s",
                result.documents(),
                result.bytes(),
                result.tokens(),
                protocol);
    }
}
