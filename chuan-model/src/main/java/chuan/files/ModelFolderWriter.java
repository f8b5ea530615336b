package chuan.files;

import chuan.model.ModelConfig;
import chuan.model.Weights;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Writes a model folder that [ModelFolder], and for the plain variants the official Python code,
/// opens: `config.json`, `generation_config.json`, safetensors with the official names, tokenizer
/// files as they are.
///
/// @param weights values by official name, row-major fp32; read once, in the order of the file
/// @param dtype F32, F16 or BF16
/// @param extraFiles copied under their own names: the tokenizer, a model card
/// @param metadata free text for the header of the safetensors files
/// @param maxShardBytes tensors above this size are spread over several files
public record ModelFolderWriter(
        ModelConfig config,
        GenerationConfig generation,
        DType dtype,
        Weights.Source<TensorSource.Floats> weights,
        List<Path> extraFiles,
        Map<String, String> metadata,
        long maxShardBytes) {

    private static final long DEFAULT_SHARD_BYTES = 10_000_000_000L;

    public ModelFolderWriter {
        extraFiles = List.copyOf(extraFiles);
    }

    public ModelFolderWriter(
            ModelConfig config,
            GenerationConfig generation,
            DType dtype,
            Weights.Source<TensorSource.Floats> weights,
            List<Path> extraFiles) {
        this(
                config,
                generation,
                dtype,
                weights,
                extraFiles,
                Map.of("format", "pt"),
                DEFAULT_SHARD_BYTES);
    }

    /// Writes the folder beside `target` and renames it when it is whole. A folder that stood there
    /// is moved aside first and deleted last: a crash in between leaves one of the two, whole.
    public void write(Path target) throws IOException {
        write(target, WriteProgress.NONE);
    }

    /// As above.
    public void write(Path target, WriteProgress progress) throws IOException {
        writeWhole(target, folder -> fill(folder, progress));
    }

    /// Puts files into a folder.
    interface Content {
        void fill(Path folder) throws IOException;
    }

    /// Lets a folder beside `target` be filled and then takes it for `target`.
    static void writeWhole(Path target, Content content) throws IOException {
        Path parent = target.toAbsolutePath().normalize().getParent();
        if (parent == null) throw new IOException(target + " cannot be a model folder");
        Files.createDirectories(parent);
        Path part = Files.createTempDirectory(parent, "." + target.getFileName() + ".part");
        try {
            content.fill(part);
            replace(part, target.toAbsolutePath().normalize());
        } finally {
            delete(part);
        }
    }

    /// Writes the files into an existing folder, each atomically, `config.json` last.
    public void fill(Path folder) throws IOException {
        fill(folder, WriteProgress.NONE);
    }

    private void fill(Path folder, WriteProgress progress) throws IOException {
        for (Path file : extraFiles)
            Files.copy(
                    file, folder.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
        SafetensorsWriter.writeSharded(folder, metadata, tensors(), maxShardBytes, progress);
        AtomicFile.writeText(folder.resolve(GenerationConfig.FILE), generation.toJson().pretty());
        AtomicFile.writeText(
                folder.resolve(ConfigKeys.FILE),
                ConfigKeys.write(config, generation, dtype).pretty());
    }

    private List<TensorSource> tensors() {
        var list = new ArrayList<TensorSource>();
        Weights.of(
                config,
                (name, shape) -> {
                    var source = weights.get(name, shape);
                    list.add(TensorSource.of(name, dtype, shape, source));
                    return source;
                });
        return list;
    }

    private static void replace(Path part, Path target) throws IOException {
        AtomicFile.readableFolder(part);
        if (!Files.exists(target)) {
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
            return;
        }
        Path old =
                Files.createTempDirectory(target.getParent(), "." + target.getFileName() + ".old");
        Path moved = old.resolve(target.getFileName());
        Files.move(target, moved, StandardCopyOption.ATOMIC_MOVE);
        Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
        delete(old);
    }

    static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) return;
        Files.walkFileTree(
                folder,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        Files.delete(file);
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult postVisitDirectory(
                            Path visited, @Nullable IOException failure) throws IOException {
                        if (failure != null) throw failure;
                        Files.delete(visited);
                        return FileVisitResult.CONTINUE;
                    }
                });
    }
}
