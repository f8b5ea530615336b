package chuan.files;

import chuan.model.ModelConfig;
import chuan.model.ShapeOps;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// Writes any stored model as a folder that the official Python code opens: weights widened or
/// rounded to one floating-point type, streamed one after the other.
public final class FolderExport {
    private static final long SHARD_BYTES = 10_000_000_000L;
    private static final float LARGEST_FP16 = 65504;

    private final ModelFolder model;
    private final ModelConfig config;
    private final DType dtype;
    private final List<Path> extraFiles;

    /// @param dtype F32, F16 or BF16
    /// @param extraFiles copied under their own names: the tokenizer
    public FolderExport(ModelFolder model, DType dtype, List<Path> extraFiles) {
        this.model = model;
        this.config = GgufHead.withPlainHead(model.config());
        this.dtype = dtype;
        this.extraFiles = List.copyOf(extraFiles);
    }

    /// The type that holds what the model holds without loss, if all its matrices have one and the
    /// same floating-point type; else fp16, which rounds quantized values a little.
    public static DType typeFor(ModelFolder model) {
        var types =
                model.stored().values().stream()
                        .filter(tensor -> tensor.shape().length == 2)
                        .map(TensorData::dtype)
                        .distinct()
                        .toList();
        return switch (types.getFirst()) {
            case F32, BF16 -> types.size() == 1 ? types.getFirst() : DType.F16;
            default -> DType.F16;
        };
    }

    /// What the progress of [#write] counts to.
    public long tensorBytes() {
        return ShapeOps.parameters(config) * dtype.bytes();
    }

    /// The folder appears when it is whole, replacing what stood under this name.
    ///
    /// @throws MalformedFileException if a tensor holds a NaN or an infinity, or a value too large
    ///   for the type
    public void write(Path folder, WriteProgress progress) throws IOException {
        new ModelFolderWriter(
                        config,
                        model.generation(),
                        dtype,
                        this::values,
                        extraFiles,
                        Map.of("format", "pt"),
                        SHARD_BYTES)
                .write(folder, progress);
    }

    private TensorSource.Floats values(String name, long... shape) {
        var weight = new StreamedWeight(model, name, shape);
        long elements = DType.elementCount(shape);
        weight.expect(elements);
        float largest = dtype == DType.F16 ? LARGEST_FP16 : Float.MAX_VALUE;
        return (from, out, count) -> {
            var rows = weight.open();
            rows.copyRun(from, out, count);
            boolean fits = true;
            for (int i = 0; i < count; i++) fits &= Math.abs(out[i]) <= largest;
            if (!fits) rows.refuse(dtype);
            weight.done(count);
        };
    }
}
