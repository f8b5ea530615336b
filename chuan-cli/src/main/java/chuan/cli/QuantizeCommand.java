package chuan.cli;

import chuan.files.DType;
import chuan.files.GgufExport;
import chuan.files.ModelFolder;
import chuan.files.OfficialExport;
import chuan.files.QuantType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `chuan quantize`: a model in fewer bits, as one file.
@Command(
        name = "quantize",
        description =
                "Writes a model in fewer bits, streaming: a 13B takes no more memory than a 7B.",
        mixinStandardHelpOptions = true)
final class QuantizeCommand implements Callable<Integer> {
    private static final String OFFICIAL = "official-int";

    private final Streams streams;

    @Mixin ModelOption model = new ModelOption();
    @Mixin ModelOutput output = new ModelOutput();

    @Option(
            names = {"-t", "--type"},
            required = true,
            paramLabel = "T",
            description =
                    "int8 or int4 (Chuan's own), q8_0, q4_0, f16, bf16 or f32 (for llama.cpp too),"
                            + " official-int8 or official-int4 (a folder, per-row scales).")
    String type = "";

    @Option(
            names = "--embedding-type",
            paramLabel = "T",
            description =
                    "Of the embedding and the output matrix; default: int8 in four-bit models.")
    String embeddingType = "";

    @Option(
            names = "--calibrate",
            paramLabel = "FILE",
            description =
                    "Let the model read this text first (.jsonl: a document per line, in \"text\"), to"
                            + " round where it hurts least.")
    @Nullable Path calibrate;

    @Option(
            names = "--calibrate-tokens",
            paramLabel = "N",
            description = "How much of it; default: ${DEFAULT-VALUE}.")
    int calibrateTokens = 8192;

    @Option(names = "--threads", paramLabel = "N", description = "Threads; default: one per core.")
    int threads;

    @Option(names = "--json", description = "As one JSON object.")
    boolean json;

    @Option(names = "--verbose", description = "Say where errors come from.")
    boolean verbose;

    QuantizeCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws IOException {
        if (threads < 0 || threads > 4096)
            throw new CliException("--threads " + threads + ": not a number of threads");
        output.check(model.path());
        if (type.toLowerCase(Locale.ROOT).startsWith(OFFICIAL)) return official();
        QuantType wanted = typeNamed("--type", type);
        ModelFolder input = model.open();
        new GgufWriting(streams, output, json)
                .write(
                        input,
                        model,
                        GgufExport.typesOf(wanted, embeddings(wanted)),
                        wanted.isOurs(),
                        wanted.label(),
                        importance(wanted, input),
                        threadCount());
        return 0;
    }

    private int threadCount() {
        return threads > 0 ? threads : Runtime.getRuntime().availableProcessors();
    }

    private int official() throws IOException {
        int bits =
                switch (type.toLowerCase(Locale.ROOT)) {
                    case OFFICIAL + "8" -> 8;
                    case OFFICIAL + "4" -> 4;
                    default ->
                            throw new CliException(
                                    "--type " + type + ": official-int8 or official-int4");
                };
        if (calibrate != null || !embeddingType.isEmpty())
            throw new CliException(
                    "--type "
                            + type
                            + ": the official scheme knows neither calibration nor"
                            + " quantized embeddings");
        ModelFolder input = model.open();
        new FolderWriting(streams, output)
                .write(
                        input,
                        model,
                        type.toLowerCase(Locale.ROOT),
                        threadCount(),
                        (files, reads) -> {
                            var export = new OfficialExport(input, bits, files, reads);
                            return new FolderWriting.Job(export.tensorBytes(), export::write);
                        });
        return 0;
    }

    private Map<String, float[]> importance(QuantType wanted, ModelFolder input)
            throws IOException {
        if (calibrate == null) return Map.of();
        if (!wanted.isOurs())
            throw new CliException(
                    "--calibrate: "
                            + wanted.label()
                            + " is rounded as llama.cpp does it; int4 and int8 can be calibrated");
        if (calibrateTokens < 1)
            throw new CliException("--calibrate-tokens " + calibrateTokens + ": must be positive");
        return new Calibration(calibrate, calibrateTokens).run(input, model.tokenizer(), streams);
    }

    private DType embeddings(QuantType wanted) {
        if (embeddingType.isEmpty()) return wanted.embeddings();
        QuantType chosen = typeNamed("--embedding-type", embeddingType);
        boolean anyFile = !chosen.matrices().isQuantized();
        if (!anyFile && chosen.isOurs() != wanted.isOurs())
            throw new CliException(
                    "--embedding-type "
                            + chosen.label()
                            + ": cannot stand in a file of "
                            + wanted.label());
        return chosen.matrices();
    }

    private static QuantType typeNamed(String option, String name) {
        List<String> labels = QuantType.labels();
        int i = labels.indexOf(name.toLowerCase(Locale.ROOT));
        if (i < 0)
            throw new CliException(
                    option
                            + " "
                            + name
                            + ": unknown; one of "
                            + String.join(", ", labels)
                            + (option.equals("--type") ? ", official-int8, official-int4" : ""));
        return QuantType.values()[i];
    }
}
