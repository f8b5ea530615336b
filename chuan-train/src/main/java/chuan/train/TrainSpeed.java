package chuan.train;

import chuan.files.DType;
import chuan.files.GenerationConfig;
import chuan.files.ModelFolder;
import chuan.files.ModelFolderWriter;
import chuan.model.BatchShape;
import chuan.model.ModelConfig;
import chuan.model.Position;
import chuan.model.Weights;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import tools.jackson.databind.json.JsonMapper;

/// Times training steps of one fixed small model, for comparison with the same model written in
/// Python (`bench/torch_peer.py`): same weights, same tokens, same steps, so the losses tell
/// whether the work was the same.
public final class TrainSpeed {
    private static final int SEQUENCES = 8;
    private static final int TOKENS = 256;
    private static final ModelConfig CONFIG =
            new ModelConfig(
                    12_000,
                    320,
                    832,
                    5,
                    5,
                    5,
                    64,
                    1024,
                    1e-6f,
                    new Position.Alibi(),
                    false,
                    true,
                    0);
    private static final TrainConfig.Optimizer SETTINGS =
            TrainConfig.Optimizer.adamW(1e-3, 0.9, 0.95, 1e-8, 0.1, 1);

    /// @param tokensPerSecond by the clock
    /// @param tokensPerCpuSecond by the processor time of the process
    /// @param losses of the timed steps
    record Report(double tokensPerSecond, double tokensPerCpuSecond, List<Double> losses) {}

    private TrainSpeed() {}

    /// Arguments: a folder for the initial model (written if absent), the number of timed steps,
    /// and `fp32` or `bf16` for libtorch, or `cpu` for own kernels. Prints one line of JSON.
    public static void main(String[] arguments) throws IOException {
        Report report =
                measure(Path.of(arguments[0]), Integer.parseInt(arguments[1]), arguments[2]);
        System.out.println(JsonMapper.builder().build().writeValueAsString(report));
    }

    private static Report measure(Path folder, int steps, String how) throws IOException {
        try (var learner = learner(folder, how)) {
            var losses = new ArrayList<Double>();
            run(learner, 0); // the first one allocates
            long start = System.nanoTime();
            double cpu = cpuSeconds();
            for (int i = 1; i <= steps; i++) {
                losses.add(run(learner, i));
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            double tokens = (double) steps * SEQUENCES * TOKENS;
            return new Report(tokens / seconds, tokens / (cpuSeconds() - cpu), losses);
        }
    }

    private static Learner learner(Path folder, String how) throws IOException {
        if (!Files.exists(folder)) {
            var initial = new InitialWeights(CONFIG, 0.02, 1);
            try (var weights = new CpuLearner(CONFIG, initial, SETTINGS, 1)) {
                var parameters = weights.parameters();
                new ModelFolderWriter(
                                CONFIG,
                                GenerationConfig.baichuanChat(),
                                DType.F32,
                                (name, _) -> Objects.requireNonNull(parameters.get(name))::read,
                                List.of())
                        .write(folder);
            }
        }
        ModelFolder stored = ModelFolder.open(folder);
        Weights.Source<float[]> initial = (name, shape) -> stored.tensor(name, shape).toFloats();
        if (how.equals("cpu")) {
            return new CpuLearner(CONFIG, initial, SETTINGS, 0);
        }
        return TorchLearner.load(CONFIG, initial, SETTINGS, how, 0);
    }

    private static double run(Learner learner, int number) {
        TrainBatch batch = batch(number);
        double loss = learner.backward(batch, batch.ids().length) / batch.ids().length;
        learner.step(SETTINGS.learningRate());
        return loss;
    }

    /// Whole rows of tokens from a formula that the Python twin shares.
    private static TrainBatch batch(int number) {
        int count = SEQUENCES * TOKENS;
        var ids = new int[count];
        var labels = new int[count];
        for (int i = 0; i < count; i++) {
            ids[i] = token((long) number * count + i);
            labels[i] = token((long) number * count + i + 1);
        }
        return new TrainBatch(BatchShape.whole(SEQUENCES, TOKENS), ids, labels);
    }

    private static int token(long i) {
        return (int) (3 + (i * i * 7919 + i * 104_729) % 9973);
    }

    private static double cpuSeconds() {
        var system =
                (com.sun.management.OperatingSystemMXBean)
                        ManagementFactory.getOperatingSystemMXBean();
        return system.getProcessCpuTime() / 1e9;
    }
}
