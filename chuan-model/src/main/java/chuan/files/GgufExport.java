package chuan.files;

import chuan.model.Weights;
import chuan.quant.ErrorSum;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Writes any stored model as one GGUF file, in other number types or in the same. Weights stream
/// from the mapped input to the output, one after the other; nothing of the model stays in memory.
public final class GgufExport {
    /// Of tensors in our own files: a cache line, as the kernels like it.
    private static final int OUR_ALIGNMENT = 64;

    /// Decides what a matrix is written as.
    public interface Types {
        /// @param name the official name
        /// @param stored the type it has
        /// @param columns of the matrix
        DType of(String name, DType stored, int columns);
    }

    /// What became of the matrices of one kind (all `W_pack`, say).
    public record Kind(String name, DType type, long parameters, long bytes, ErrorSum error) {}

    private final ModelFolder model;
    private final Types types;
    private final GgufHead head;
    private final Map<String, float[]> importance;
    private final Map<String, Kind> kinds = new LinkedHashMap<>();
    private final List<TensorSource> tensors = new ArrayList<>();
    private final GgufWriter writer;

    /// @param types what matrices are written as; norms are fp32
    /// @param packed q, k and v as one tensor, as in our own files; else as llama.cpp wants them
    /// @param importance by official name, how much the columns of a matrix count (see
    ///   [chuan.quant.Importance]); all alike where there is no entry
    /// @param vocabulary `tokenizer.ggml.*`
    /// @param tokenizer the SentencePiece file as it is
    /// @param threads that convert; the caller closes them after writing
    public GgufExport(
            ModelFolder model,
            Types types,
            boolean packed,
            Map<String, float[]> importance,
            Map<String, GgufValue> vocabulary,
            Optional<byte[]> tokenizer,
            ParallelReads threads) {
        this.model = model;
        this.types = types;
        this.importance = Map.copyOf(importance);
        head = new GgufHead(GgufHead.withPlainHead(model.config()), isLlama(model), packed);
        Weights.of(
                head.config(),
                (name, shape) -> {
                    add(name, shape, threads);
                    return name;
                });
        if (model.config().tiedEmbeddings() && !head.tied()) addOutputOfTied(threads);
        var keys =
                head.keys(
                        nameOf(model.path()), mostly(), model.generation(), vocabulary, tokenizer);
        int alignment = packed ? OUR_ALIGNMENT : GgufFile.DEFAULT_ALIGNMENT;
        writer = new GgufWriter(keys, alignment, tensors);
    }

    /// The types of a [QuantType].
    ///
    /// @param embeddings of the embedding and the output matrix
    public static Types typesOf(QuantType type, DType embeddings) {
        return (name, _, columns) -> {
            boolean outside = name.equals(Weights.EMBEDDING) || name.equals(Weights.OUTPUT);
            DType wanted = outside ? embeddings : type.matrices();
            // as llama.cpp does with rows that are no whole number of blocks
            return columns % wanted.rowMultiple() == 0 ? wanted : DType.F16;
        };
    }

    /// Our panels become llama.cpp's blocks, and all else stays as it is: nothing is lost.
    ///
    /// @throws IllegalArgumentException from the decision, for rows that blocks cannot hold
    public static Types toLlamaCpp() {
        return (name, stored, columns) ->
                withoutLoss(
                        name,
                        columns,
                        switch (stored) {
                            case PANEL4 -> DType.Q4_0;
                            case PANEL8 -> DType.Q8_0;
                            case F64 -> DType.F32;
                            default -> stored;
                        });
    }

    /// llama.cpp's Q4_0 and Q8_0 become our panels, and all else stays as it is: nothing is lost.
    public static Types toPanels() {
        return (name, stored, columns) ->
                withoutLoss(
                        name,
                        columns,
                        switch (stored) {
                            case Q4_0 -> DType.PANEL4;
                            case Q8_0 -> DType.PANEL8;
                            case F64 -> DType.F32;
                            default -> stored;
                        });
    }

    private static DType withoutLoss(String name, int columns, DType type) {
        if (columns % type.rowMultiple() == 0) return type;
        throw new IllegalArgumentException(
                name + " has rows of " + columns + " values, which " + type + " cannot hold");
    }

    /// Whether it is a LLaMA, whose texts begin with the begin token, and not a Baichuan.
    public static boolean isLlama(ModelFolder model) {
        return GgufHead.isLlama(model);
    }

    public long fileBytes() {
        return writer.fileBytes();
    }

    /// What the progress of [#write] counts to.
    public long tensorBytes() {
        return writer.tensorBytes();
    }

    /// Whether llama.cpp will run the file: it knows ALiBi in 40 layers only.
    public boolean runsInLlamaCpp() {
        return head.runsInLlamaCpp();
    }

    /// After writing: what it cost.
    public List<Kind> kinds() {
        return List.copyOf(kinds.values());
    }

    /// The file appears when it is whole, replacing what stood under this name.
    ///
    /// @throws MalformedFileException if a tensor holds a NaN or an infinity
    public void write(Path file, WriteProgress progress) throws IOException {
        writer.write(file, progress);
    }

    private static String nameOf(Path path) {
        String name = String.valueOf(path.toAbsolutePath().normalize().getFileName());
        String ending = ".gguf";
        return name.endsWith(ending) ? name.substring(0, name.length() - ending.length()) : name;
    }

    private void addOutputOfTied(ParallelReads threads) {
        long[] shape = {model.config().vocab(), model.config().hidden()};
        var weight = new StreamedWeight(model, Weights.EMBEDDING, shape);
        addMatrix(weight, Weights.OUTPUT, GgufNames.OUTPUT, 0, shape[0], 0, threads);
    }

    private void add(String name, long[] shape, ParallelReads threads) {
        var weight = new StreamedWeight(model, name, shape);
        String stored = GgufNames.of(name);
        if (shape.length == 1) {
            weight.expect(DType.F32.byteCount(shape));
            tensors.add(
                    weight.source(stored, DType.F32, shape, 0, 1, 0, new float[0], new ErrorSum()));
        } else if (head.packed() || !stored.endsWith(GgufNames.PACKED)) {
            addMatrix(weight, name, stored, 0, shape[0], 0, threads);
        } else {
            var c = model.config();
            String prefix = stored.substring(0, stored.length() - GgufNames.PACKED.length());
            addMatrix(
                    weight, name, prefix + "attn_q.weight", 0, c.queryWidth(), c.heads(), threads);
            addMatrix(
                    weight,
                    name,
                    prefix + "attn_k.weight",
                    c.queryWidth(),
                    c.kvWidth(),
                    c.kvHeads(),
                    threads);
            addMatrix(
                    weight,
                    name,
                    prefix + "attn_v.weight",
                    c.queryWidth() + c.kvWidth(),
                    c.kvWidth(),
                    0,
                    threads);
        }
    }

    private void addMatrix(
            StreamedWeight weight,
            String official,
            String name,
            long first,
            long rows,
            int interleavedHeads,
            ParallelReads threads) {
        int columns = weight.columns();
        DType type = types.of(official, weight.storedType(first, rows), columns);
        long[] shape = {rows, columns};
        long bytes = type.byteCount(shape);
        String kind = kindOf(official);
        var before = kinds.getOrDefault(kind, new Kind(kind, type, 0, 0, new ErrorSum()));
        kinds.put(
                kind,
                new Kind(
                        kind,
                        type,
                        before.parameters + rows * columns,
                        before.bytes + bytes,
                        before.error));
        weight.expect(bytes);
        tensors.add(
                threads.spread(
                        weight.source(
                                name,
                                type,
                                shape,
                                first,
                                rows,
                                interleavedHeads,
                                importance.getOrDefault(official, new float[0]),
                                before.error)));
    }

    /// `model.layers.3.mlp.up_proj.weight` is an `up_proj`.
    private static String kindOf(String official) {
        String[] parts = official.split("\\.");
        return parts[parts.length - 2];
    }

    private DType mostly() {
        return kinds.values().stream()
                .filter(kind -> !Weights.EMBEDDING.contains(kind.name))
                .findFirst()
                .map(Kind::type)
                .orElse(DType.F32);
    }
}
