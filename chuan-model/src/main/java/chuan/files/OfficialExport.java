package chuan.files;

import chuan.model.ModelConfig;
import chuan.model.Weights;
import chuan.quant.OfficialRows;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Writes a stored model in the per-row scheme of the official Baichuan-13B code, which itself
/// could never save it: a folder with codes and scales for the matrices of the blocks; embedding,
/// norms and output matrix stay as they are. [ModelFolder] opens it again. See [RowScaled].
public final class OfficialExport {
    /// In config.json, under `quantization_config`.
    static final String METHOD = "baichuan-rows";

    private static final long SHARD_BYTES = 10_000_000_000L;

    private final ModelFolder model;
    private final ModelConfig config;
    private final int bits;
    private final List<Path> extraFiles;
    private final List<TensorSource> tensors = new ArrayList<>();

    /// @param bits 8 or 4
    /// @param extraFiles copied under their own names: the tokenizer
    public OfficialExport(
            ModelFolder model, int bits, List<Path> extraFiles, ParallelReads threads) {
        this.model = model;
        this.config = GgufHead.withPlainHead(model.config());
        this.bits = bits;
        this.extraFiles = List.copyOf(extraFiles);
        Weights.of(
                config,
                (name, shape) -> {
                    boolean inBlock =
                            shape.length == 2
                                    && !name.equals(Weights.EMBEDDING)
                                    && !name.equals(Weights.OUTPUT);
                    if (inBlock) addQuantized(name, shape, threads);
                    else addPlain(name, shape);
                    return name;
                });
    }

    /// What the progress of [#write] counts to.
    public long tensorBytes() {
        long sum = 0;
        for (TensorSource tensor : tensors) sum += tensor.byteCount();
        return sum;
    }

    /// The folder appears when it is whole, replacing what stood under this name.
    ///
    /// @throws MalformedFileException if a tensor holds a NaN or an infinity
    public void write(Path target, WriteProgress progress) throws IOException {
        ModelFolderWriter.writeWhole(target, folder -> fill(folder, progress));
    }

    private void fill(Path folder, WriteProgress progress) throws IOException {
        for (Path file : extraFiles) Files.copy(file, folder.resolve(file.getFileName()));
        SafetensorsWriter.writeSharded(
                folder, Map.of("format", "pt"), tensors, SHARD_BYTES, progress);
        AtomicFile.writeText(
                folder.resolve(GenerationConfig.FILE), model.generation().toJson().pretty());
        var keys =
                new LinkedHashMap<>(
                        ConfigKeys.write(config, model.generation(), plainType()).fields());
        keys.put(ConfigKeys.QUANTIZATION, Json.Obj.of("quant_method", METHOD, "bits", bits));
        AtomicFile.writeText(folder.resolve(ConfigKeys.FILE), new Json.Obj(keys).pretty());
    }

    private DType plainType() {
        return plain(model.storedParts(Weights.EMBEDDING, config.vocab(), config.hidden()));
    }

    private static DType plain(List<TensorData> stored) {
        return switch (stored.getFirst().dtype()) {
            case F32 -> DType.F32;
            case BF16 -> DType.BF16;
            default -> DType.F16;
        };
    }

    private void addPlain(String name, long[] shape) {
        var type = plain(model.storedParts(name, shape));
        var weight = new StreamedWeight(model, name, shape);
        weight.expect(DType.elementCount(shape));
        tensors.add(
                TensorSource.of(
                        name,
                        type,
                        shape,
                        (from, out, count) -> {
                            var rows = weight.open();
                            rows.copyRun(from, out, count);
                            checkFinite(rows, out, count);
                            weight.done(count);
                        }));
    }

    private void addQuantized(String name, long[] shape, ParallelReads threads) {
        int columns = Math.toIntExact(shape[1]);
        if (bits == 4 && columns % OfficialRows.PER_WORD != 0)
            throw MalformedFileException.tensor(
                    model.path(),
                    name,
                    "has rows of " + columns + " weights; four bits need a multiple of 8");
        var weight = new StreamedWeight(model, name, shape);
        var scheme = new OfficialRows(bits, precision(model.storedParts(name, shape)));
        var type = bits == 8 ? DType.I8 : DType.I32;
        long[] codes = {shape[0], bits == 8 ? columns : columns / OfficialRows.PER_WORD};
        long[] scales = {shape[0]};
        weight.expect(type.byteCount(codes) + DType.F32.byteCount(scales));
        tensors.add(
                threads.spread(
                        new TensorSource(
                                name,
                                type,
                                codes,
                                (from, out) -> {
                                    writeCodes(weight.open(), scheme, columns, from, out);
                                    weight.done(out.byteSize());
                                })));
        tensors.add(
                new TensorSource(
                        name + RowScaled.SUFFIX,
                        DType.F32,
                        scales,
                        (_, out) -> {
                            writeScales(weight.open(), scheme, columns, out);
                            weight.done(out.byteSize());
                        }));
    }

    private static OfficialRows.Precision precision(List<TensorData> stored) {
        return switch (stored.getFirst().dtype()) {
            case F16 -> OfficialRows.Precision.FP16;
            case BF16 -> OfficialRows.Precision.BF16;
            default -> OfficialRows.Precision.FP32;
        };
    }

    private void writeCodes(
            WeightRows rows, OfficialRows scheme, int columns, long from, MemorySegment out) {
        var row = new float[columns];
        var codes = new byte[columns];
        long rowBytes = bits == 8 ? columns : columns / 2;
        for (long at = 0; at < out.byteSize(); at += rowBytes) {
            rows.copyTo((from + at) / rowBytes * columns, row, 0, columns);
            checkFinite(rows, row, columns);
            scheme.quantize(row, 0, columns, codes);
            if (bits == 8) MemorySegment.copy(codes, 0, out, ValueLayout.JAVA_BYTE, at, columns);
            else
                for (int k = 0; k < columns; k += OfficialRows.PER_WORD)
                    out.set(TensorData.INT, at + k / 2, OfficialRows.pack(codes, k));
        }
    }

    private static void writeScales(
            WeightRows rows, OfficialRows scheme, int columns, MemorySegment out) {
        var row = new float[columns];
        var codes = new byte[columns];
        for (long r = 0; r < out.byteSize() / Float.BYTES; r++) {
            rows.copyTo(r * columns, row, 0, columns);
            out.set(TensorData.FLOAT, r * Float.BYTES, scheme.quantize(row, 0, columns, codes));
        }
    }

    private static void checkFinite(WeightRows rows, float[] values, int count) {
        boolean finite = true;
        for (int i = 0; i < count; i++) finite &= Math.abs(values[i]) <= Float.MAX_VALUE;
        if (!finite) rows.refuse(DType.F32);
    }
}
