package chuan.train;

import chuan.files.DType;
import chuan.files.GenerationConfig;
import chuan.files.ModelFolder;
import chuan.files.ModelFolderWriter;
import chuan.model.BatchShape;
import chuan.model.Decoder;
import chuan.model.ModelConfig;
import chuan.model.Position;
import chuan.model.ShapeOps;
import chuan.model.Weights;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;

/// Times training steps of a small model, for comparison with the same model written in Python
/// (`bench/torch_peer.py`): same weights, same tokens, same steps, so the losses tell whether the
/// work was the same.
public final class TrainSpeed {
    private static final double LEARNING_RATE = 1e-3;

    /// Steps before those that are timed: compilers and allocators settle.
    private static final int WARM_UP = 10;

    /// @param tokensPerSecond by the clock
    /// @param tokensPerCpuSecond by the processor time of the process
    /// @param multiplyAddsPerToken of the model, forwards and backwards; not those of the
    ///   optimizer, and nothing that is computed twice
    /// @param losses of all steps
    record Report(
            String description,
            long parameters,
            double tokensPerSecond,
            double tokensPerCpuSecond,
            double multiplyAddsPerToken,
            List<Double> losses) {}

    /// @param sequences of a step, of `tokens` each
    private record Shape(
            int vocab, int hidden, int ff, int layers, int heads, int sequences, int tokens) {

        static Shape parse(String text) {
            int[] n = Stream.of(text.split(",", -1)).mapToInt(Integer::parseInt).toArray();
            return new Shape(n[0], n[1], n[2], n[3], n[4], n[5], n[6]);
        }

        ModelConfig model() {
            return new ModelConfig(
                    vocab,
                    hidden,
                    ff,
                    layers,
                    heads,
                    heads,
                    hidden / heads,
                    Math.max(1024, tokens),
                    1e-6f,
                    new Position.Alibi(),
                    false,
                    true,
                    0);
        }

        /// Twice the forward pass for the backward one: each product has two gradients. Attention
        /// sees half of the keys on average.
        double multiplyAdds() {
            var model = model();
            var ops = new ShapeOps(model, (tokens + 1) / 2);
            int[] rows = IntStream.range(0, tokens).toArray();
            new Decoder<>(model, ShapeOps.weights(model)).logits(ops, rows, rows);
            return 3.0 * ops.multiplyAdds() / tokens;
        }

        /// Whole rows of tokens from a formula that the Python twin shares.
        TrainBatch batch(int number) {
            int count = sequences * tokens;
            var ids = new int[count];
            var labels = new int[count];
            for (int i = 0; i < count; i++) {
                ids[i] = token((long) number * count + i);
                labels[i] = token((long) number * count + i + 1);
            }
            return new TrainBatch(BatchShape.whole(sequences, tokens), ids, labels);
        }

        private int token(long i) {
            return (int) (3 + (i * i * 7919 + i * 104_729) % (vocab - 3));
        }
    }

    private TrainSpeed() {}

    /// Arguments: a folder for the initial model (written if absent), the number of timed steps,
    /// `cpu` or `libtorch`, `auto`, `fp32` or `bf16`, `adamw` or `muon`, and
    /// `vocab,hidden,ff,layers,heads,sequences,tokens`. Prints one line of JSON.
    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 6) {
            throw new IllegalArgumentException(
                    "FOLDER STEPS cpu|libtorch auto|fp32|bf16 adamw|muon"
                            + " VOCAB,HIDDEN,FF,LAYERS,HEADS,SEQUENCES,TOKENS");
        }
        Shape shape = Shape.parse(arguments[5]);
        var settings =
                new TrainConfig.Optimizer(
                        arguments[4],
                        LEARNING_RATE,
                        0.9,
                        0.95,
                        1e-8,
                        0.1,
                        1,
                        new TrainConfig.Muon(0.95, 5, 1));
        var initial = initial(Path.of(arguments[0]), shape.model());
        try (var learner =
                Learners.of(
                        arguments[2], arguments[3], 0, false, shape.model(), initial, settings)) {
            Report report = measure(learner, shape, Integer.parseInt(arguments[1]));
            System.out.println(JsonMapper.builder().build().writeValueAsString(report));
        }
    }

    private static Report measure(Learner learner, Shape shape, int steps) {
        var losses = new ArrayList<Double>();
        for (int i = 0; i < WARM_UP; i++) {
            losses.add(run(learner, shape, i));
        }
        long start = System.nanoTime();
        double cpu = cpuSeconds();
        for (int i = WARM_UP; i < WARM_UP + steps; i++) {
            losses.add(run(learner, shape, i));
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        double tokens = (double) steps * shape.sequences() * shape.tokens();
        return new Report(
                learner.description(),
                learner.count(),
                tokens / seconds,
                tokens / (cpuSeconds() - cpu),
                shape.multiplyAdds(),
                losses);
    }

    private static Weights.Source<float[]> initial(Path folder, ModelConfig config)
            throws IOException {
        if (!Files.exists(folder)) {
            var random = new InitialWeights(config, 0.02, 1);
            new ModelFolderWriter(
                            config,
                            GenerationConfig.baichuanChat(),
                            DType.F32,
                            (name, shape) -> {
                                float[] values = random.get(name, shape);
                                return (from, out, count) ->
                                        System.arraycopy(
                                                values, Math.toIntExact(from), out, 0, count);
                            },
                            List.of())
                    .write(folder);
        }
        ModelFolder stored = ModelFolder.open(folder);
        return (name, shape) -> stored.tensor(name, shape).toFloats();
    }

    private static double run(Learner learner, Shape shape, int number) {
        TrainBatch batch = shape.batch(number);
        double loss = learner.backward(batch, batch.ids().length) / batch.ids().length;
        learner.step(LEARNING_RATE);
        return loss;
    }

    private static double cpuSeconds() {
        var system =
                (com.sun.management.OperatingSystemMXBean)
                        ManagementFactory.getOperatingSystemMXBean();
        return system.getProcessCpuTime() / 1e9;
    }
}
