package chuan.cli;

import chuan.cpu.ActivationType;
import chuan.model.Backend;
import chuan.model.KvCache;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `chuan logits`: raw numbers, for comparison with other implementations.
@Command(
        name = "logits",
        description = "Writes the logits of given ids as a numpy file.",
        mixinStandardHelpOptions = true)
final class LogitsCommand implements Callable<Integer> {
    /// Tokens at once: bounds the memory for logits, not their values.
    private static final int CHUNK = 64;

    private final Streams streams;

    @Mixin ModelOption model = new ModelOption();
    @Mixin CommonOptions common = new CommonOptions();

    @Option(
            names = "--ids",
            required = true,
            paramLabel = "IDS",
            description = "Token ids, such as \"1 2 3\".")
    String ids = "";

    @Option(
            names = "--all",
            description =
                    "Logits of every position, [positions, vocab]; else of the last, [vocab].")
    boolean all;

    @Option(
            names = "--kernels",
            paramLabel = "K",
            description = "${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}.")
    KernelChoice kernels = KernelChoice.AUTO;

    @Option(
            names = "--out",
            paramLabel = "F.npy",
            description = "File; default: print the best 10.")
    @Nullable Path out;

    LogitsCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws IOException {
        int[] tokens = tokens();
        if (common.kv == KvChoice.AUTO) common.kv = KvChoice.F32; // others compare with these
        common.activationsUnlessGiven(ActivationType.F32);
        try (var loaded = LoadedModel.open(model, common, kernels, streams, tokens.length)) {
            check(tokens, loaded.backend().config().vocab());
            if (out == null) printBest(loaded.backend(), tokens);
            else write(loaded.backend(), tokens, out);
        }
        return 0;
    }

    private int[] tokens() {
        try {
            int[] tokens = TokenizeCommand.ids(ids);
            if (tokens.length > 0) return tokens;
        } catch (IllegalArgumentException e) {
            throw new CliException("--ids: " + e.getMessage());
        }
        throw new CliException("--ids: needs at least one id");
    }

    private static void check(int[] tokens, int vocab) {
        for (int id : tokens)
            if (id < 0 || id >= vocab)
                throw new CliException("--ids: " + id + " is not below the vocabulary's " + vocab);
    }

    private void write(Backend backend, int[] tokens, Path file) throws IOException {
        int vocab = backend.config().vocab();
        int[] shape = all ? new int[] {tokens.length, vocab} : new int[] {vocab};
        var logits = new float[Math.multiplyExact(all ? CHUNK : 1, vocab)];
        try (KvCache cache = backend.newCache(tokens.length);
                var npy = new NpyWriter(file, shape);
                var progress = new ProgressLine(streams, "logits", "tokens", tokens.length)) {
            for (int from = 0; from < tokens.length; from += CHUNK) {
                int to = Math.min(from + CHUNK, tokens.length);
                int wanted = all ? to - from : to == tokens.length ? 1 : 0;
                backend.forward(cache, tokens, from, to, wanted, logits);
                for (int row = 0; row < wanted; row++) npy.row(logits, row * vocab, vocab);
                progress.update(to);
            }
        }
    }

    private void printBest(Backend backend, int[] tokens) {
        var logits = new float[backend.config().vocab()];
        try (KvCache cache = backend.newCache(tokens.length)) {
            backend.forward(cache, tokens, 0, tokens.length, 1, logits);
        }
        java.util.stream.IntStream.range(0, logits.length)
                .boxed()
                .sorted((a, b) -> Float.compare(logits[b], logits[a]))
                .limit(10)
                .forEach(id -> streams.out().printf("%d %.6f%n", id, logits[id]));
    }
}
