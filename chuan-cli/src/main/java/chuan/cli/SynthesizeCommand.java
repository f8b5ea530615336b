package chuan.cli;

import chuan.files.DType;
import chuan.files.SyntheticModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `chuan synthesize`: a model folder of full size with made-up weights.
@Command(
        name = "synthesize",
        description = {
            "Writes a model folder with made-up weights whose statistics are those of trained ones,",
            "to try what a machine makes of a model of this size."
        },
        mixinStandardHelpOptions = true)
final class SynthesizeCommand implements Callable<Integer> {
    /// What `--dtype` accepts.
    enum NumberType {
        BF16(DType.BF16),
        F16(DType.F16),
        F32(DType.F32);

        private final DType type;

        NumberType(DType type) {
            this.type = type;
        }
    }

    private final Streams streams;

    @Parameters(
            paramLabel = "SHAPE",
            description = "baichuan-13b, baichuan-7b, llama-13b, or a config.json.")
    String shape = "";

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "A new folder.")
    Path out = Path.of("");

    @Option(names = "--layers", paramLabel = "N", description = "Layers, instead of all.")
    int layers;

    @Option(names = "--seed", paramLabel = "N", description = "Same seed, same bytes.")
    long seed;

    @Option(
            names = "--shard-size",
            paramLabel = "SIZE",
            description = "Largest file; default: ${DEFAULT-VALUE}.")
    String shardSize = "5GB";

    @Option(
            names = "--dtype",
            paramLabel = "T",
            description = "${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}.")
    NumberType dtype = NumberType.BF16;

    @Option(names = "--tokenizer", paramLabel = "FILE", description = "A tokenizer.model to copy.")
    @Nullable Path tokenizer;

    @Option(names = "--threads", paramLabel = "N", description = "Default: one per core.")
    int threads;

    SynthesizeCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws IOException {
        if (threads < 0 || layers < 0)
            throw new CliException("--threads and --layers are positive numbers");
        if (tokenizer != null && !Files.isRegularFile(tokenizer))
            throw new CliException(tokenizer + ": no such tokenizer");
        var model = SyntheticModel.of(shape);
        if (layers > 0) model = model.withLayers(layers);
        model =
                model.with(
                        seed,
                        dtype.type,
                        ByteSize.parse("--shard-size", shardSize),
                        Optional.ofNullable(tokenizer));
        long bytes = model.tensorBytes();
        long start = System.nanoTime();
        int workers = threads > 0 ? threads : Runtime.getRuntime().availableProcessors();
        try (var stop = new CleanStop(streams.err());
                var progress =
                        new ProgressLine(streams, "writing " + out, "MB", bytes / 1_000_000)) {
            model.write(out, workers, stop.watch(done -> progress.update(done / 1_000_000)));
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        streams.out()
                .printf(
                        Locale.ROOT,
                        "%s: %s in %.1f s (%.0f MB/s), seed %d%n",
                        out,
                        ByteSize.gigabytes(bytes),
                        seconds,
                        bytes / 1e6 / seconds,
                        seed);
        return 0;
    }
}
