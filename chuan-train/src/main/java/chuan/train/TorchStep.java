package chuan.train;

import chuan.model.Decoder;
import chuan.model.ModelConfig;
import chuan.torch.Autocast;
import chuan.torch.PositionTables;
import chuan.torch.TensorScope;
import chuan.torch.TorchOps;
import chuan.torch.TorchParameters;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// Loss and gradients of one batch: the decoder over [TorchOps], and cross entropy of the labelled
/// rows. Sums, not means: the trainer divides by the labels of the whole step, so that accumulated
/// small batches equal one large batch.
final class TorchStep implements AutoCloseable {
    private final ModelConfig config;
    private final Decoder<Tensor> decoder;
    private final boolean bf16;
    private final Map<Integer, PositionTables> tables = new HashMap<>();

    /// @param bf16 whether matrix products run in bf16
    TorchStep(ModelConfig config, TorchParameters parameters, boolean bf16) {
        if (config.normalizedHead()) {
            throw new TrainingException("training a model with a normalised head is not supported");
        }
        this.config = config;
        this.bf16 = bf16;
        decoder = new Decoder<>(config, parameters.weights());
    }

    /// Adds the gradients of `loss sum / labels` to those of the parameters.
    ///
    /// @param labels of the whole step, over all its batches
    /// @return the sum of this batch's losses in nats
    double backward(TrainBatch batch, long labels) {
        try (var _ = new TensorScope()) {
            int[] wanted = batch.labelledRows();
            if (wanted.length == 0) {
                return 0;
            }
            Tensor sum = lossSum(batch, wanted);
            sum.mul(new org.bytedeco.pytorch.Scalar(1.0 / labels)).backward();
            return sum.item_float();
        }
    }

    /// The sum of a batch's losses in nats, no gradients.
    double loss(TrainBatch batch) {
        try (var _ = new TensorScope();
                var _ = new NoGradGuard()) {
            int[] wanted = batch.labelledRows();
            return wanted.length == 0 ? 0 : lossSum(batch, wanted).item_float();
        }
    }

    private Tensor lossSum(TrainBatch batch, int[] wanted) {
        PositionTables positions =
                tables.computeIfAbsent(
                        batch.shape().tokens(), tokens -> new PositionTables(config, tokens));
        var labels = new int[wanted.length];
        for (int i = 0; i < wanted.length; i++) {
            labels[i] = batch.labels()[wanted[i]];
        }
        try (var ops = new TorchOps(config, batch.shape(), positions)) {
            Tensor logits;
            try (var _ = new Autocast(bf16)) {
                logits = decoder.logits(ops, batch.ids(), wanted);
            }
            return torch.cross_entropy_loss(
                    logits.to(ScalarType.Float),
                    TorchOps.indices(labels),
                    new TensorOptional(),
                    SUM,
                    TrainBatch.IGNORED,
                    0.0);
        }
    }

    private static final long SUM = 2; // at::Reduction::Sum

    @Override
    public void close() {
        tables.values().forEach(PositionTables::close);
    }
}
