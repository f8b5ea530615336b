package chuan.files;

import chuan.model.ModelConfig;
import chuan.model.Position;
import chuan.model.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// A model folder of any size with [SyntheticWeights], as if it had been downloaded: what a machine
/// makes of a 13B model can be tried without one.
///
/// @param llama LLaMA's architecture name and separate q, k and v, instead of Baichuan's
/// @param dtype F32, F16 or BF16
/// @param tokenizer copied as `tokenizer.model`
public record SyntheticModel(
        ModelConfig config,
        boolean llama,
        GenerationConfig generation,
        long seed,
        DType dtype,
        long shardBytes,
        Optional<Path> tokenizer) {

    /// What [#of] knows by name.
    public static final List<String> NAMES = List.of("baichuan-13b", "baichuan-7b", "llama-13b");

    private static final GenerationConfig BASE =
            new GenerationConfig(0, 1, List.of(2), -1, -1, 2048, 1, 0, 1, 1, false);
    private static final long DEFAULT_SHARD_BYTES = 5_000_000_000L;

    /// Room for headers and small files.
    private static final long SMALL_BYTES = 1 << 24;

    /// One of [#NAMES], or a `config.json`.
    ///
    /// @throws MalformedFileException if it is neither
    public static SyntheticModel of(String nameOrFile) {
        return switch (nameOrFile) {
            case "baichuan-13b" ->
                    of(ModelConfig.baichuan13b(), false, GenerationConfig.baichuanChat());
            case "baichuan-7b" -> of(ModelConfig.baichuan7b(), false, BASE);
            case "llama-13b" -> {
                var rope = new Position.Rope(10_000);
                yield of(ModelConfig.baichuan(32_000, 5120, 13_824, 40, 40, rope), true, BASE);
            }
            default -> ofFile(Path.of(nameOrFile));
        };
    }

    private static SyntheticModel ofFile(Path file) {
        if (!Files.exists(file))
            throw MalformedFileException.of(
                    file, "no such config.json, and not one of " + String.join(", ", NAMES));
        var fields = new JsonFields(file, Json.readObject(file));
        boolean llama =
                fields.find("architectures")
                        .map(Json::compact)
                        .orElse("")
                        .toLowerCase(Locale.ROOT)
                        .startsWith("[\"llama");
        return of(ConfigKeys.read(fields, Optional.empty()).config(), llama, BASE);
    }

    private static SyntheticModel of(ModelConfig c, boolean llama, GenerationConfig generation) {
        return new SyntheticModel(
                c, llama, generation, 0, DType.BF16, DEFAULT_SHARD_BYTES, Optional.empty());
    }

    public SyntheticModel withLayers(int layers) {
        var c =
                new ModelConfig(
                        config.vocab(),
                        config.hidden(),
                        config.ff(),
                        layers,
                        config.heads(),
                        config.kvHeads(),
                        config.headDim(),
                        config.maxContext(),
                        config.normEps(),
                        config.position(),
                        config.normalizedHead(),
                        config.tiedEmbeddings(),
                        config.padId());
        return new SyntheticModel(c, llama, generation, seed, dtype, shardBytes, tokenizer);
    }

    public SyntheticModel with(
            long newSeed, DType newType, long newShardBytes, Optional<Path> newTokenizer) {
        return new SyntheticModel(
                config, llama, generation, newSeed, newType, newShardBytes, newTokenizer);
    }

    /// Bytes of all tensors.
    public long tensorBytes() {
        return tensors().stream().mapToLong(TensorSource::byteCount).sum();
    }

    /// Writes the folder beside `target` and renames it when it is whole. Nothing is left of it
    /// when it fails or is cancelled.
    ///
    /// @param target does not exist
    /// @param threads that make numbers
    /// @param progress what it throws ends the writing
    /// @throws IOException if the target exists, or the disk is too small: before anything is
    ///   written
    public void write(Path target, int threads, WriteProgress progress) throws IOException {
        Path folder = target.toAbsolutePath().normalize();
        Path parent = folder.getParent();
        if (parent == null || Files.exists(folder))
            throw new IOException(target + ": exists; name a new folder or remove it");
        Files.createDirectories(parent);
        long bytes = tensorBytes() + SMALL_BYTES;
        long usable = Files.getFileStore(parent).getUsableSpace();
        if (usable < bytes)
            throw new IOException(
                    String.format(
                            Locale.ROOT,
                            "%s: %.1f GB are needed, but only %.1f GB are free there",
                            target,
                            bytes / 1e9,
                            usable / 1e9));
        Path part = Files.createTempDirectory(parent, "." + folder.getFileName() + ".part");
        try {
            fill(part, threads, progress);
            AtomicFile.readableFolder(part);
            Files.move(part, folder, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            ModelFolderWriter.delete(part);
        }
    }

    private void fill(Path folder, int threads, WriteProgress progress) throws IOException {
        var metadata = Map.of("format", "pt");
        var shards = SafetensorsWriter.plan(folder, tensors(), shardBytes);
        ParallelWriter.write(shards, metadata, threads, progress);
        SafetensorsWriter.writeIndex(folder, shards);
        if (tokenizer.isPresent()) Files.copy(tokenizer.get(), folder.resolve("tokenizer.model"));
        AtomicFile.writeText(folder.resolve(GenerationConfig.FILE), generation.toJson().pretty());
        AtomicFile.writeText(folder.resolve(ConfigKeys.FILE), configKeys().pretty());
    }

    private Json.Obj configKeys() {
        var keys = new LinkedHashMap<>(ConfigKeys.write(config, generation, dtype).fields());
        if (llama)
            keys.putAll(
                    Json.Obj.of("architectures", List.of("LlamaForCausalLM"), "model_type", "llama")
                            .fields());
        return new Json.Obj(keys);
    }

    private List<TensorSource> tensors() {
        var weights = new SyntheticWeights(seed);
        var list = new ArrayList<TensorSource>();
        Weights.of(
                config,
                (name, shape) -> {
                    if (llama && name.endsWith(HubNames.PACKED)) {
                        var prefix = name.substring(0, name.length() - "W_pack.weight".length());
                        add(list, weights, prefix + "q_proj.weight", config.queryWidth(), shape[1]);
                        add(list, weights, prefix + "k_proj.weight", config.kvWidth(), shape[1]);
                        add(list, weights, prefix + "v_proj.weight", config.kvWidth(), shape[1]);
                    } else {
                        add(list, weights, name, shape);
                    }
                    return name;
                });
        return list;
    }

    private void add(
            List<TensorSource> list, SyntheticWeights weights, String name, long... shape) {
        list.add(TensorSource.of(name, dtype, shape, weights.tensor(name, shape)));
    }
}
