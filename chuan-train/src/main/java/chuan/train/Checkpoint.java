package chuan.train;

import chuan.files.DType;
import chuan.files.GenerationConfig;
import chuan.files.ModelFolderWriter;
import chuan.model.ModelConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;

/// The checkpoints of a run: one folder each, a complete model folder in fp32 with the optimizer's
/// moments and the position in the data beside the weights, under `training/`.
///
/// A checkpoint is written under a temporary name and renamed, so a folder called `step-N` is
/// always whole, however the process ended.
final class Checkpoint {
    private static final ObjectMapper JSON = JsonMapper.builder().build();
    private static final String PREFIX = "step-";
    private static final String MOMENTS = "training/optimizer.safetensors";
    private static final String STATE = "training/state.json";

    private final Path folder;
    private final ModelConfig config;
    private final GenerationConfig generation;
    private final List<Path> extraFiles;

    /// What a run needs besides tensors to go on.
    ///
    /// @param step optimizer steps taken
    /// @param tokens learned from so far
    /// @param seconds of training so far
    record State(int step, long tokens, double seconds, long seed, SampleReader.State data) {}

    /// @param folder of all checkpoints of the run
    /// @param extraFiles copied into each, such as the tokenizer
    Checkpoint(
            Path folder, ModelConfig config, GenerationConfig generation, List<Path> extraFiles) {
        this.folder = folder;
        this.config = config;
        this.generation = generation;
        this.extraFiles = List.copyOf(extraFiles);
    }

    /// The newest checkpoint's folder.
    Optional<Path> latest() {
        return all().stream().max(Comparator.comparingInt(Checkpoint::step));
    }

    private List<Path> all() {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (var entries = Files.list(folder)) {
            return entries.filter(p -> p.getFileName().toString().matches(PREFIX + "\\d+"))
                    .sorted(Comparator.comparingInt(Checkpoint::step))
                    .toList();
        } catch (IOException e) {
            throw new TrainingException(folder + ": cannot be listed (" + e.getMessage() + ")", e);
        }
    }

    private static int step(Path path) {
        return Integer.parseInt(path.getFileName().toString().substring(PREFIX.length()));
    }

    /// Writes a checkpoint and deletes all but the newest `keep`.
    void save(State state, Learner learner, int keep) {
        Path target = folder.resolve(PREFIX + "%07d".formatted(state.step()));
        if (Files.exists(target)) {
            return;
        }
        Path unfinished = folder.resolve("unfinished");
        try {
            deleteTree(unfinished);
            Files.createDirectories(unfinished.resolve("training"));
            folder(learner, DType.F32).fill(unfinished);
            TensorFiles.write(unfinished.resolve(MOMENTS), learner.moments());
            Files.writeString(unfinished.resolve(STATE), JSON.writeValueAsString(state) + "\n");
            Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE);
            var old = all();
            for (Path path : old.subList(0, Math.max(0, old.size() - keep))) {
                deleteTree(path);
            }
        } catch (IOException e) {
            throw new TrainingException(
                    target + ": cannot be written (" + e.getMessage() + "); is the disk full?", e);
        }
    }

    /// Writes the finished model without the training state, in bf16, in place of an older one.
    void export(Path target, Learner learner) {
        try {
            folder(learner, DType.BF16).write(target);
        } catch (IOException e) {
            throw new TrainingException(target + ": cannot be written (" + e.getMessage() + ")", e);
        }
    }

    private ModelFolderWriter folder(Learner learner, DType dtype) {
        var parameters = learner.parameters();
        return new ModelFolderWriter(
                config,
                generation,
                dtype,
                (name, _) -> Objects.requireNonNull(parameters.get(name))::read,
                extraFiles);
    }

    /// Copies a checkpoint's tensors into parameters and moments.
    static State load(Path checkpoint, Learner learner) {
        try {
            TensorFiles.fill(checkpoint.resolve("model.safetensors"), learner.parameters());
            Path moments = checkpoint.resolve(MOMENTS);
            if (!TensorFiles.names(moments).equals(learner.moments().keySet()))
                throw new TrainingException(
                        moments
                                + ": is of another optimizer; optimizer.kind cannot change within a"
                                + " run");
            TensorFiles.fill(moments, learner.moments());
            var state = JSON.readValue(Files.readString(checkpoint.resolve(STATE)), State.class);
            learner.resumeAt(state.step());
            return state;
        } catch (IOException e) {
            throw new TrainingException(
                    checkpoint + ": not a whole checkpoint (" + e.getMessage() + ")", e);
        }
    }

    private static void deleteTree(Path path) throws IOException {
        if (!Files.exists(path)) {
            return;
        }
        try (var entries = Files.walk(path)) {
            for (Path entry : entries.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(entry);
            }
        }
    }
}
