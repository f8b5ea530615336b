package chuan.cli;

import chuan.files.DType;
import chuan.files.FolderExport;
import chuan.files.GgufExport;
import chuan.files.ModelFolder;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `chuan convert`: the same numbers in another kind of file.
@Command(
        name = "convert",
        description =
                "Writes a model as another kind of file without changing its numbers: gguf (for"
                        + " llama.cpp), panels (Chuan's own), safetensors (a Hugging Face folder).",
        mixinStandardHelpOptions = true)
final class ConvertCommand implements Callable<Integer> {
    /// Kinds of files.
    enum Target {
        GGUF,
        PANELS,
        SAFETENSORS
    }

    private final Streams streams;

    @Mixin ModelOption model = new ModelOption();
    @Mixin ModelOutput output = new ModelOutput();

    @Option(
            names = "--to",
            required = true,
            paramLabel = "K",
            description = "One of: ${COMPLETION-CANDIDATES}.")
    Target target = Target.GGUF;

    @Option(
            names = {"-t", "--type"},
            paramLabel = "T",
            description =
                    "Of a safetensors folder: f32, f16 or bf16; default: the model's own, f16 for a"
                            + " quantized one.")
    String type = "";

    @Option(names = "--threads", paramLabel = "N", description = "Threads; default: one per core.")
    int threads;

    @Option(names = "--json", description = "As one JSON object.")
    boolean json;

    @Option(names = "--verbose", description = "Say where errors come from.")
    boolean verbose;

    ConvertCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws IOException {
        output.check(model.path());
        ModelFolder input = model.open();
        switch (target) {
            case GGUF -> writeGguf(input, GgufExport.toLlamaCpp(), false);
            case PANELS -> {
                checkPanels(input);
                writeGguf(input, GgufExport.toPanels(), true);
            }
            case SAFETENSORS -> writeFolder(input);
        }
        return 0;
    }

    private void writeGguf(ModelFolder input, GgufExport.Types types, boolean packed)
            throws IOException {
        if (!type.isEmpty())
            throw new CliException("--type: chuan quantize changes types; convert keeps them");
        try {
            new GgufWriting(streams, output, json)
                    .write(
                            input,
                            model,
                            types,
                            packed,
                            target.name().toLowerCase(Locale.ROOT),
                            Map.of(),
                            threads > 0 ? threads : Runtime.getRuntime().availableProcessors());
        } catch (IllegalArgumentException e) {
            throw new CliException(e.getMessage() + "; chuan quantize --type f16 can");
        }
    }

    private static void checkPanels(ModelFolder input) {
        var panels = List.of(DType.Q4_0, DType.Q8_0, DType.PANEL4, DType.PANEL8);
        if (input.stored().values().stream().noneMatch(t -> panels.contains(t.dtype())))
            throw new CliException(
                    input.path()
                            + ": holds nothing in Q4_0 or Q8_0 to be rearranged; chuan quantize"
                            + " --type int8 or int4 makes panels of it");
    }

    private void writeFolder(ModelFolder input) throws IOException {
        DType dtype = folderType(input);
        new FolderWriting(streams, output)
                .write(
                        input,
                        model,
                        dtype.name().toLowerCase(Locale.ROOT),
                        1,
                        (files, _) -> {
                            var export = new FolderExport(input, dtype, files);
                            return new FolderWriting.Job(export.tensorBytes(), export::write);
                        });
    }

    private DType folderType(ModelFolder input) {
        return switch (type.toLowerCase(Locale.ROOT)) {
            case "" -> FolderExport.typeFor(input);
            case "f32" -> DType.F32;
            case "f16" -> DType.F16;
            case "bf16" -> DType.BF16;
            default -> throw new CliException("--type " + type + ": one of f32, f16, bf16");
        };
    }
}
