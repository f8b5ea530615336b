package chuan.train;

import chuan.files.DType;
import chuan.files.GenerationConfig;
import chuan.files.ModelFolder;
import chuan.files.ModelFolderWriter;
import chuan.model.ModelConfig;
import chuan.model.Position;
import chuan.torch.Libtorch;
import chuan.torch.TensorScope;
import chuan.torch.TorchBatch;
import chuan.torch.TorchParameters;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
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
            new TrainConfig.Optimizer(1e-3, 0.9, 0.95, 1e-8, 0.1, 1);

    /// @param tokensPerSecond by the clock
    /// @param tokensPerCpuSecond by the processor time of the process
    /// @param losses of the timed steps
    record Report(double tokensPerSecond, double tokensPerCpuSecond, List<Double> losses) {}

    private TrainSpeed() {}

    /// Arguments: a folder for the initial model (written if absent), the number of timed steps,
    /// and `fp32` or `bf16`. Prints one line of JSON.
    public static void main(String[] arguments) throws IOException {
        Libtorch.load(0);
        Report report =
                measure(
                        Path.of(arguments[0]),
                        Integer.parseInt(arguments[1]),
                        arguments[2].equals("bf16"));
        System.out.println(JsonMapper.builder().build().writeValueAsString(report));
    }

    private static Report measure(Path folder, int steps, boolean bf16) throws IOException {
        try (var parameters = parameters(folder);
                var step = new TrainStep(CONFIG, parameters, bf16);
                var optimizer = new AdamW(SETTINGS, parameters.byName())) {
            var losses = new ArrayList<Double>();
            run(step, optimizer, parameters, 0); // the first one allocates
            long start = System.nanoTime();
            double cpu = cpuSeconds();
            for (int i = 1; i <= steps; i++) {
                losses.add(run(step, optimizer, parameters, i));
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            double tokens = (double) steps * SEQUENCES * TOKENS;
            return new Report(tokens / seconds, tokens / (cpuSeconds() - cpu), losses);
        }
    }

    private static TorchParameters parameters(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            try (var initial = new TorchParameters(CONFIG, new InitialWeights(CONFIG, 0.02, 1))) {
                new ModelFolderWriter(
                                CONFIG,
                                GenerationConfig.baichuanChat(),
                                DType.F32,
                                (name, _) -> TensorFiles.values(initial.get(name)),
                                List.of())
                        .write(folder);
            }
        }
        ModelFolder stored = ModelFolder.open(folder);
        return new TorchParameters(
                CONFIG,
                (name, shape) -> Tensor.create(stored.tensor(name, shape).toFloats(), shape));
    }

    private static double run(
            TrainStep step, AdamW optimizer, TorchParameters parameters, int number) {
        TrainBatch batch = batch(number);
        double loss = step.backward(batch, batch.ids().length) / batch.ids().length;
        try (var _ = new TensorScope()) {
            var list = new TensorVector();
            parameters.tensors().forEach(list::push_back);
            torch.clip_grad_norm_(list, SETTINGS.clip());
        }
        optimizer.step(SETTINGS.learningRate());
        for (Tensor p : parameters.tensors()) {
            p.mutable_grad().reset();
        }
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
        return new TrainBatch(TorchBatch.whole(SEQUENCES, TOKENS), ids, labels);
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
