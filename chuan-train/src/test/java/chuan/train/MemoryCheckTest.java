package chuan.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import chuan.autograd.TrainingMemory;
import chuan.model.ModelConfig;
import chuan.model.Position;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What training on own kernels takes is said beforehand, and refused where it is too much.
class MemoryCheckTest {
    private static final ModelConfig PILOT =
            ModelConfig.baichuan(8192, 256, 688, 6, 4, new Position.Alibi());

    @TempDir Path folder;

    private static TrainingMemory memory(int sequences, boolean recompute) {
        return CpuLearner.memory(
                PILOT, new TrainConfig.Batch(sequences, 256, 1), 2, "fp32", recompute);
    }

    /// The weights are counted; values grow with the batch, in proportion but for the head's.
    @Test
    void thePlanFollowsModelAndBatch() {
        var one = memory(8, false);
        var two = memory(16, false);
        long scalars = 2 * 8192 * 256 + 6 * (4 * 256 * 256 + 3 * 256 * 688 + 2 * 256) + 256;
        assertThat(one.weights()).isBetween(4 * scalars, 4 * scalars + 64 * 60);
        assertThat(one.gradients()).isEqualTo(one.weights());
        assertThat(one.moments()).isEqualTo(2 * one.weights());
        assertThat(two.weights()).isEqualTo(one.weights());
        assertThat(two.values()).isBetween(3 * one.values() / 2, 2 * one.values());
        assertThat(memory(8, true).values()).isLessThan(one.values() / 2);
    }

    @Test
    void whatIsTooMuchIsRefusedWithWhatHelps() {
        var plan = memory(8, false);
        var less = memory(8, true);
        long needed = plan.totalBytes() + 200_000_000;
        new MemoryCheck(plan, new AvailableMemory(needed, "just enough")).refuseIfTooMuch(less);
        assertThatThrownBy(() ->
                        new MemoryCheck(plan, new AvailableMemory(needed - 1, "0.5 GB here"))
                                .refuseIfTooMuch(less))
                .isInstanceOf(TrainingException.class)
                .hasMessageContaining("0.5 GB here")
                .hasMessageContaining("recompute: true")
                .hasMessageNotContaining("\n");
        assertThatThrownBy(() ->
                        new MemoryCheck(plan, new AvailableMemory(1000, "1 kB here"))
                                .refuseIfTooMuch(less))
                .isInstanceOf(TrainingException.class)
                .hasMessageContaining("batch.sequences");
    }

    /// A run says what it takes before its first step; one that is refused leaves no checkpoint.
    @Test
    void aRunIsCheckedBeforeItBegins() throws Exception {
        Path file = folder.resolve("run.yaml");
        Files.writeString(
                file,
                """
                output: %s
                model: {vocab: 64, hidden: 32, ff: 64, layers: 2, heads: 2}
                data: {train: [{file: a, weight: 1}]}
                steps: 3
                device: cpu
                recompute: true
                batch: {sequences: 2, tokens: 16}
                evaluation: {everySteps: 0}
                """
                        .formatted(folder.resolve("run")));
        var config = ConfigFile.read(file, "pretrain.yaml");
        List<TokenSource> data = List.of(ArraySource.madeUp(500, 64, 1));
        var text = new ByteArrayOutputStream();
        var out = new PrintStream(text, true, StandardCharsets.UTF_8);
        var little = new AvailableMemory(1_000_000, "1 MB here");
        assertThatThrownBy(() -> Pretrain.run(config, data, List.of(), little, out))
                .isInstanceOf(TrainingException.class)
                .hasMessageContaining("1 MB here");
        assertThat(folder.resolve("run/checkpoints")).doesNotExist();
        assertThat(Pretrain.run(config, data, List.of(), AvailableMemory.UNLIMITED, out)).isTrue();
        assertThat(text.toString(StandardCharsets.UTF_8)).startsWith("Memory: weights");
    }
}
