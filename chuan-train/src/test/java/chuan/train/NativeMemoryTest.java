package chuan.train;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.model.ModelConfig;
import chuan.model.Position;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Training steps give back all native memory they take.
class NativeMemoryTest {
    private static final Path STATUS = Path.of("/proc/self/statm");

    @BeforeAll
    static void readable() {
        Assumptions.assumeTrue(
                Files.isReadable(STATUS), "the size of the process is read from /proc");
    }

    private static long residentBytes() throws IOException {
        return Long.parseLong(Files.readString(STATUS).split(" ", -1)[1]) * 4096;
    }

    /// A step of this model makes, in libtorch, some 40 MB of tensors, so one tensor of a layer
    /// lost in every step (64 KB or more) would show as 32 MB after 500. The Java heap and malloc's
    /// arenas settle within the first 100 steps; the slack is for what the collector and the
    /// compiler still touch.
    @ParameterizedTest
    @ValueSource(strings = {"libtorch", "cpu"})
    void fiveHundredStepsKeepTheProcessAtItsSize(String device) throws IOException {
        var config = ModelConfig.baichuan(512, 64, 160, 2, 4, new Position.Alibi());
        List<TokenSource> source = List.of(ArraySource.madeUp(20_000, 512, 4));
        var reader = new ShardReader(source, new double[] {1}, 64, Pretrain.END_TOKEN, 9);
        var settings = TrainConfig.Optimizer.adamW(1e-3, 0.9, 0.95, 1e-8, 0.1, 1.0);
        var initial = new InitialWeights(config, 0.02, 5);
        if (device.equals("libtorch")) Libraries.load();
        try (Learner learner =
                device.equals("cpu")
                        ? new CpuLearner(config, initial, settings, 2, "auto")
                        : new TorchLearner(config, initial, settings, "fp32")) {
            long settled = 0;
            for (int i = 1; i <= 600; i++) {
                TrainBatch batch = reader.next(4);
                learner.backward(batch, batch.labelledRows().length);
                learner.step(1e-3);
                if (i == 100) {
                    settled = residentBytes();
                }
            }
            long grown = residentBytes() - settled;
            System.out.printf(
                    "%s: resident after 100 steps %d MB, 500 steps later %+.1f MB%n",
                    device, settled >> 20, grown / 1048576.0);
            assertThat(grown).isLessThan(24L << 20);
        }
    }
}
