package chuan.files;

import chuan.files.TensorNames.Place;
import chuan.model.ModelConfig;
import chuan.model.Position;
import chuan.model.ShapeOps;
import chuan.model.Weights;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A stored model. Either a folder as it is downloaded: `config.json`, perhaps
/// `generation_config.json`, and weights as safetensors or PyTorch files, whole or in shards. Or
/// one GGUF file with all of that in it, llama.cpp's or ours. Opening reads headers only; tensors
/// are views into mapped files, valid as long as somebody holds one.
///
/// Whatever the form, [#tensor] answers by the names and shapes of [chuan.model.Weights#of]:
/// separate q, k and v come packed, rows of a normalised head (Baichuan2) come with length one.
public final class ModelFolder {
    static final String SAFETENSORS = "model.safetensors";
    static final String SAFETENSORS_INDEX = SAFETENSORS + ".index.json";
    static final String TORCH = "pytorch_model.bin";
    static final String TORCH_INDEX = TORCH + ".index.json";

    private final Path path;
    private final ConfigKeys keys;
    private final GenerationConfig generation;
    private final Map<String, TensorData> tensors;
    private final TensorNames names;
    private final Optional<Path> tokenizer;

    /// Matrices in the official per-row scheme, by their names; usually none.
    private final Map<String, RowScaled> scaled = new HashMap<>();

    private ModelFolder(
            Path path,
            ConfigKeys keys,
            GenerationConfig generation,
            Map<String, TensorData> tensors,
            TensorNames names,
            Optional<Path> tokenizer) {
        this.path = path;
        this.keys = keys;
        this.generation = generation;
        this.tensors = tensors;
        this.names = names;
        this.tokenizer = tokenizer;
    }

    /// @throws MalformedFileException if anything about the folder is wrong, before any tensor is
    ///   handed out
    public static ModelFolder open(Path folder) {
        return open(folder, Optional.empty());
    }

    /// @param position overrules what the keys of `config.json` say
    public static ModelFolder open(Path folder, Optional<Position> position) {
        if (Files.isRegularFile(folder)) return openGguf(folder, position);
        if (!Files.isDirectory(folder))
            throw MalformedFileException.of(folder, "no such model folder or file");
        var configFile = folder.resolve(ConfigKeys.FILE);
        if (!Files.exists(configFile))
            throw MalformedFileException.of(
                    folder,
                    "holds no config.json: a model is a folder with one beside the weights, or a"
                            + " .gguf file");
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
                        WeightFiles.open(folder),
                        new HubNames(keys.config()),
                        Optional.of(folder.resolve("tokenizer.model"))
                                .filter(Files::isRegularFile));
        ConfigKeys.quantizedBits(fields).ifPresent(model::findScaled);
        model.checkTensors();
        return model;
    }

    private static ModelFolder openGguf(Path path, Optional<Position> position) {
        var file = GgufFile.open(path);
        var keys = GgufConfig.read(file, position);
        var model =
                new ModelFolder(
                        path,
                        keys,
                        GgufConfig.generation(file),
                        file.tensors(),
                        new GgufNames(keys.config()),
                        Optional.of(path).filter(_ -> GgufConfig.hasTokenizer(file)));
        model.checkTensors();
        return model;
    }

    /// The same files, with positions told apart in another way.
    public ModelFolder withPosition(Position position) {
        return new ModelFolder(
                path, keys.withPosition(position), generation, tensors, names, tokenizer);
    }

    /// The folder, or the GGUF file.
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

    /// The file with the vocabulary, if there is one: a SentencePiece model, or the GGUF file.
    public Optional<Path> tokenizer() {
        return tokenizer;
    }

    /// All weights, each made by `convert` from what is stored. Every tensor is first searched for
    /// NaN and infinity, just before `convert` reads the same bytes: so a file is read once, by
    /// several threads, and what was in memory already costs the time of a look at it.
    public <W> Weights<W> weights(Converter<W> convert) {
        return Weights.of(
                config(),
                (name, shape) -> {
                    var places = find(name, shape);
                    var rows = scaled.get(places.getFirst().name());
                    if (rows == null && !isNormalized(name)) {
                        var placed = convert.place(name, places.stream().map(this::rows).toList());
                        if (placed.isPresent()) return placed.get();
                    }
                    for (Place place : places) stored(place).checkFinite();
                    if (rows != null) {
                        rows.scales().checkFinite();
                        return convert.convertScaled(rows);
                    }
                    var parts = parts(name, shape);
                    return parts.size() == 1
                            ? convert.convert(parts.getFirst())
                            : convert.convertRows(name, parts);
                });
    }

    /// Makes a back end's weight of what a file holds.
    public interface Converter<W> {
        /// Called first, with what is stored, unsearched: a converter that looks for NaN when it
        /// reads the bytes, and brings rows into the official order, returns its weight. Others
        /// return nothing and are asked again below.
        ///
        /// @param name the official name
        /// @param parts rows of the first come first
        default Optional<W> place(String name, List<StoredRows> parts) {
            return Optional.empty();
        }

        /// Of a weight that is stored as one tensor.
        ///
        /// @param tensor under its official name
        W convert(TensorData tensor);

        /// Of a weight whose rows are stored as several tensors, perhaps of different types: q, k
        /// and v. A converter that does not care gets one tensor with a copy of all rows, in their
        /// type if it is the same for all, else in fp32.
        ///
        /// @param name the official name of the whole
        /// @param parts under the names they have in the file; rows of the first come first
        default W convertRows(String name, List<TensorData> parts) {
            return convert(RowOrder.stacked(name, parts));
        }

        /// Of a matrix in the official per-row scheme. A converter that does not care gets it in
        /// fp32.
        default W convertScaled(RowScaled rows) {
            return convert(rows.dequantized());
        }
    }

    /// All weights as plain rows of fp32, for the reference back end.
    public Weights<float[][]> rows() {
        return weights(TensorData::toRows);
    }

    /// The tensor with this official name; not searched for NaN. Where the files hold several, as
    /// q, k and v, it is a copy of their rows.
    ///
    /// @param shape what it must have
    public TensorData tensor(String name, long... shape) {
        return RowOrder.stacked(name, parts(name, shape));
    }

    /// What is stored of the weight with this official name: one tensor, or several whose rows
    /// belong under each other; not searched for NaN. Rows are in the official order: they are
    /// views of the file where it has this order, else copies, in the type of the file.
    ///
    /// @param shape what the whole must have
    public List<TensorData> parts(String name, long... shape) {
        var places = find(name, shape);
        if (places.size() > 1) return places.stream().map(this::inOfficialOrder).toList();
        var tensor = inOfficialOrder(places.getFirst());
        if (isNormalized(name)) tensor = RowOrder.normalized(tensor);
        return List.of(tensor.as(name, shape));
    }

    private boolean isNormalized(String name) {
        return config().normalizedHead() && name.equals(Weights.OUTPUT);
    }

    private StoredRows rows(Place place) {
        return new StoredRows(stored(place), place.interleavedHeads());
    }

    /// The tensors that hold the weight with this official name, as the files have them, nothing
    /// copied: for types and sizes, since rows may be in the file's own order.
    ///
    /// @param shape what the whole must have
    public List<TensorData> storedParts(String name, long... shape) {
        return find(name, shape).stream().map(this::stored).toList();
    }

    private TensorData inOfficialOrder(Place place) {
        var rows = scaled.get(place.name());
        if (rows != null) return rows.dequantized();
        var tensor = stored(place);
        return place.interleavedHeads() == 0
                ? tensor
                : RowOrder.official(tensor, place.interleavedHeads());
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
                    for (Place place : find(name, shape)) {
                        if (scaled.containsKey(place.name()))
                            used.add(place.name() + RowScaled.SUFFIX);
                        else checkFloat(stored(place));
                        used.add(place.name());
                    }
                    return name;
                });
        for (TensorData tensor : tensors.values())
            if (!used.contains(tensor.name()) && !isComputed(tensor.name()))
                throw MalformedFileException.tensor(
                        tensor.file(),
                        tensor.name(),
                        "has no place in the model that " + names.source() + " describes");
    }

    private boolean isComputed(String name) {
        return (config().tiedEmbeddings() && name.equals(names.output())) || names.isComputed(name);
    }

    /// The first way of storing this weight of which any tensor is there; all of them are, in their
    /// shapes.
    private List<Place> find(String name, long[] shape) {
        var ways = names.places(name, shape);
        for (var way : ways)
            if (way.stream().anyMatch(place -> tensors.containsKey(place.name()))) {
                for (Place place : way) checkPlace(place);
                return way;
            }
        throw missing(ways.getFirst().getFirst().name());
    }

    private void findScaled(int bits) {
        for (TensorData scales : tensors.values()) {
            if (!scales.name().endsWith(RowScaled.SUFFIX)) continue;
            String name =
                    scales.name().substring(0, scales.name().length() - RowScaled.SUFFIX.length());
            var codes = tensors.get(name);
            if (codes == null) throw missing(name);
            scaled.put(name, new RowScaled(codes, scales, bits));
        }
    }

    private void checkPlace(Place place) {
        var rows = scaled.get(place.name());
        if (rows == null) checkShape(stored(place), place.shape());
        else if (place.shape().length == 2) rows.check(place.shape()[0], place.shape()[1]);
        else checkFloat(rows.codes());
    }

    private TensorData stored(Place place) {
        TensorData tensor = tensors.get(place.name());
        if (tensor == null) throw missing(place.name());
        return tensor;
    }

    private MalformedFileException missing(String name) {
        return MalformedFileException.tensor(
                path,
                name,
                "is missing, though "
                        + names.source()
                        + " asks for it ("
                        + config().layers()
                        + " layers): "
                        + names.whyMissing());
    }

    private void checkShape(TensorData tensor, long... shape) {
        if (!Arrays.equals(tensor.shape(), shape))
            throw MalformedFileException.tensor(
                    tensor.file(),
                    tensor.name(),
                    "has shape "
                            + Arrays.toString(tensor.shape())
                            + ", but "
                            + names.source()
                            + " asks for "
                            + Arrays.toString(shape));
    }

    private static void checkFloat(TensorData tensor) {
        if (!tensor.dtype().isFloat())
            throw MalformedFileException.tensor(
                    tensor.file(),
                    tensor.name(),
                    "holds " + tensor.dtype() + ", not floating-point numbers");
    }
}
