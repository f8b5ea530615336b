package chuan.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigFileTest {
    @TempDir Path folder;

    private TrainConfig read(String yaml) throws IOException {
        Path file = folder.resolve("run.yaml");
        Files.writeString(file, yaml);
        return ConfigFile.read(file, "pretrain.yaml");
    }

    private static final String SMALLEST =
            """
            output: runs/x
            data: {train: [{file: a.shard, weight: 1}]}
            """;

    @Test
    void whatIsLeftOutHasItsDefault() throws IOException {
        TrainConfig config = read(SMALLEST + "batch: {sequences: 3}\n");
        assertThat(config.batch()).isEqualTo(new TrainConfig.Batch(3, 256, 1));
        assertThat(config.optimizer().beta2()).isEqualTo(0.95);
    }

    @Test
    void theSavedConfigurationReadsBackEqual() throws IOException {
        TrainConfig config = read(SMALLEST);
        assertThat(read(ConfigFile.write(config))).isEqualTo(config);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    batchs: {sequences: 3}           | unknown key batchs
                    batch: {sequence: 3}             | unknown key batch.sequence
                    batch: {sequences: 0}            | batch.sequences must be at least 1
                    batch: {sequences: many}         | batch.sequences
                    precision: fp8                   | precision must be auto, fp32 or bf16
                    steps: 0                         | steps must be at least 1
                    model: {position: learned}       | model.position must be alibi or rope
                    optimizer: {kind: sgd}           | optimizer.kind must be adamw or muon, not sgd
                    optimizer: {muon: {rate: 0}}     | optimizer.muon.rate must be positive
                    optimizer: {muon: {momentum: 1}} | optimizer.muon.momentum must be in [0, 1)
                    optimizer: {beta2: -1}           | optimizer.beta2 must be in [0, 1)
                    checkpoints: {keep: 0}           | checkpoints.keep must be at least 1
                    """)
    void mistakesAreNamedInOneLine(String line, String message) {
        assertThatThrownBy(() -> read(SMALLEST + line + "\n"))
                .isInstanceOf(TrainingException.class)
                .hasMessageContaining("run.yaml")
                .hasMessageContaining(message)
                .matches(e -> e.toString().lines().count() == 1);
    }

    @Test
    void aMissingOutputIsNamed() {
        assertThatThrownBy(() -> read("data: {train: [{file: a, weight: 1}]}\n"))
                .isInstanceOf(TrainingException.class)
                .hasMessageContaining("output");
    }
}
