package chuan.files;

import chuan.model.ModelConfig;
import chuan.model.Position;
import chuan.model.ShapeOps;
import chuan.model.Weights;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A model folder as it is downloaded: `config.json`, perhaps `generation_config.json`, and weights
/// as safetensors or PyTorch files, whole or in shards. Opening reads headers only; tensors are
/// views into mapped files, valid as long as somebody holds one.
///
/// Whatever the folder's form, [#tensor] answers by the names and shapes of
/// [chuan.model.Weights#of]: separate q, k and v come packed, rows of a normalised head (Baichuan2)
/// come with length one.
public final class ModelFolder {
    static final String SAFETENSORS = "model.safetensors";
    static final String SAFETENSORS_INDEX = SAFETENSORS + ".index.json";
    static final String TORCH = "pytorch_model.bin";
    static final String TORCH_INDEX = TORCH + ".index.json";

    private static final String PACKED = "self_attn.W_pack.weight";
    private static final List<String> SEPARATE =
            List.of(
                    "self_attn.q_proj.weight",
                    "self_attn.k_proj.weight",
                    "self_attn.v_proj.weight");

    /// Buffers of the official code that carry no knowledge.
    private static final List<String> COMPUTED =
            List.of(
                    "rotary_emb.inv_freq",
                    "rotary_emb.cos_cached",
                    "rotary_emb.sin_cached",
                    "future_mask",
                    "alibi_mask");

    private final Path path;
    private final ConfigKeys keys;
    private final GenerationConfig generation;
    private final Map<String, TensorData> tensors;

    private ModelFolder(
            Path path,
            ConfigKeys keys,
            GenerationConfig generation,
            Map<String, TensorData> tensors) {
        this.path = path;
        this.keys = keys;
        this.generation = generation;
        this.tensors = tensors;
    }

    /// @throws MalformedFileException if anything about the folder is wrong, before any tensor is
    ///   handed out
    public static ModelFolder open(Path folder) {
        return open(folder, Optional.empty());
    }

    /// @param position overrules what the keys of `config.json` say
    public static ModelFolder open(Path folder, Optional<Position> position) {
        if (!Files.isDirectory(folder))
            throw MalformedFileException.of(folder, "no such model folder");
        var configFile = folder.resolve(ConfigKeys.FILE);
        if (!Files.exists(configFile))
            throw MalformedFileException.of(
                    folder, "holds no config.json: a model folder has one beside the weights");
        var fields = new JsonFields(configFile, Json.readObject(configFile));
        var keys = ConfigKeys.read(fields, position);
        var generationFile = folder.resolve(GenerationConfig.FILE);
        var generation =
                Files.exists(generationFile)
                        ? new JsonFields(generationFile, Json.readObject(generationFile))
                        : GenerationConfig.absent(folder);
        var model =
                new ModelFolder(
                        folder,
                        keys,
                        GenerationConfig.read(fields, generation),
                        WeightFiles.open(folder));
        model.checkTensors();
        return model;
    }

    public Path path() {
        return path;
    }

    public ModelConfig config() {
        return keys.config();
    }

    public GenerationConfig generation() {
        return generation;
    }

    /// One sentence about how positions are told apart and which key said so.
    public String positionReason() {
        return keys.positionReason();
    }

    /// Everything stored, by its name in the files.
    public Map<String, TensorData> stored() {
        return tensors;
    }

    /// The SentencePiece model, if the folder has one.
    public Optional<Path> tokenizer() {
        return Optional.of(path.resolve("tokenizer.model")).filter(Files::isRegularFile);
    }

    /// All weights, each made by `convert` from the stored tensor. Every tensor is first searched
    /// for NaN and infinity: one pass at memory speed over bytes that `convert` needs next anyway.
    public <W> Weights<W> weights(Converter<W> convert) {
        return Weights.of(
                config(),
                (name, shape) -> {
                    TensorData tensor = tensor(name, shape);
                    tensor.checkFinite();
                    return convert.convert(tensor);
                });
    }

    /// Makes a back end's weight of a stored tensor.
    public interface Converter<W> {
        W convert(TensorData tensor);
    }

    /// All weights as plain rows of fp32, for the reference back end.
    public Weights<float[][]> rows() {
        return weights(TensorData::toRows);
    }

    /// The tensor with this official name; not searched for NaN.
    ///
    /// @param shape what it must have
    public TensorData tensor(String name, long... shape) {
        TensorData tensor = tensors.get(name);
        if (tensor == null && name.endsWith(PACKED)) return packed(name, shape);
        if (tensor == null) throw missing(name);
        checkShape(tensor, shape);
        return config().normalizedHead() && name.equals(Weights.OUTPUT)
                ? normalized(tensor)
                : tensor;
    }

    /// Bytes of the tensors a decoder needs, as stored.
    public long weightBytes() {
        long sum = 0;
        for (TensorData tensor : tensors.values())
            if (!isComputed(tensor.name())) sum += tensor.data().byteSize();
        return sum;
    }

    /// Weights of the decoder, counted from the configuration.
    public long parameters() {
        return ShapeOps.parameters(config());
    }

    /// Every tensor that the configuration asks for is there in its shape, and nothing else is: an
    /// extra bias or layer means that the configuration is not this model's.
    private void checkTensors() {
        var used = new HashSet<String>();
        Weights.of(
                config(),
                (name, shape) -> {
                    used.add(name);
                    if (tensors.containsKey(name)) {
                        checkShape(tensors.get(name), shape);
                        checkFloat(tensors.get(name));
                    } else if (name.endsWith(PACKED)) {
                        for (TensorData part : parts(name)) {
                            checkFloat(part);
                            used.add(part.name());
                        }
                    } else {
                        throw missing(name);
                    }
                    return name;
                });
        for (TensorData tensor : tensors.values())
            if (!used.contains(tensor.name()) && !isComputed(tensor.name()))
                throw MalformedFileException.tensor(
                        tensor.file(),
                        tensor.name(),
                        "has no place in the model that config.json describes");
    }

    private boolean isComputed(String name) {
        return (config().tiedEmbeddings() && name.equals(Weights.OUTPUT))
                || COMPUTED.stream().anyMatch(name::endsWith);
    }

    private MalformedFileException missing(String name) {
        return MalformedFileException.tensor(
                path,
                name,
                "is missing, though config.json asks for it ("
                        + config().layers()
                        + " layers): the folder is incomplete or config.json is another model's");
    }

    private static void checkShape(TensorData tensor, long... shape) {
        if (!Arrays.equals(tensor.shape(), shape))
            throw MalformedFileException.tensor(
                    tensor.file(),
                    tensor.name(),
                    "has shape "
                            + Arrays.toString(tensor.shape())
                            + ", but config.json asks for "
                            + Arrays.toString(shape));
    }

    private static void checkFloat(TensorData tensor) {
        if (!tensor.dtype().isFloat())
            throw MalformedFileException.tensor(
                    tensor.file(),
                    tensor.name(),
                    "holds " + tensor.dtype() + ", not floating-point numbers");
    }

    /// q, k and v of a layer as stored, in this order, shapes checked.
    private List<TensorData> parts(String packedName) {
        var prefix = packedName.substring(0, packedName.length() - PACKED.length());
        long hidden = config().hidden();
        var found = SEPARATE.stream().map(part -> tensors.get(prefix + part)).toList();
        if (found.getFirst() == null) throw missing(packedName);
        for (int i = 0; i < 3; i++) {
            var part = found.get(i);
            if (part == null) throw missing(prefix + SEPARATE.get(i));
            checkShape(part, i == 0 ? config().queryWidth() : config().kvWidth(), hidden);
            if (part.dtype() != found.getFirst().dtype())
                throw MalformedFileException.tensor(
                        part.file(), part.name(), "differs from q_proj in its number type");
        }
        return found;
    }

    private TensorData packed(String name, long[] shape) {
        var parts = parts(name);
        var first = parts.getFirst();
        var bytes = OffHeap.allocate(first.dtype().byteCount(shape));
        long at = 0;
        for (TensorData part : parts) {
            MemorySegment.copy(part.data(), 0, bytes, at, part.data().byteSize());
            at += part.data().byteSize();
        }
        return new TensorData(name, first.dtype(), shape, bytes, first.file(), first.offset());
    }

    /// Rows divided by their length, in fp32: what the official code does at its first forward
    /// pass.
    private static TensorData normalized(TensorData tensor) {
        tensor.checkFinite();
        int columns = Math.toIntExact(tensor.shape()[1]);
        var bytes = OffHeap.allocate(DType.F32.byteCount(tensor.shape()));
        var row = new float[columns];
        for (long r = 0; r < tensor.shape()[0]; r++) {
            tensor.copyTo(r * columns, row, 0, columns);
            double sum = 0;
            for (float v : row) sum += (double) v * v;
            double length = Math.max(Math.sqrt(sum), 1e-12);
            for (int i = 0; i < columns; i++) row[i] = (float) (row[i] / length);
            MemorySegment.copy(row, 0, bytes, TensorData.FLOAT, r * columns * Float.BYTES, columns);
        }
        return new TensorData(
                tensor.name(), DType.F32, tensor.shape(), bytes, tensor.file(), tensor.offset());
    }
}
