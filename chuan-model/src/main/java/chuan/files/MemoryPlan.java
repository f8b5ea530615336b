package chuan.files;

import chuan.model.ModelConfig;
import chuan.model.ShapeOps;

/// What running a model takes, in bytes, before anything is loaded.
///
/// @param weightBytes all parameters
/// @param kvBytes keys and values of one sequence of `contextTokens`
/// @param scratchBytes activations of one step of `stepTokens` rows, with the logits of one
public record MemoryPlan(
        int contextTokens, int stepTokens, long weightBytes, long kvBytes, long scratchBytes) {

    /// @param weightType how weights are held
    /// @param kvType how keys and values are held
    /// @param stepTokens rows of the largest step, as a prompt is read in pieces
    public static MemoryPlan of(
            ModelConfig c, DType weightType, DType kvType, int contextTokens, int stepTokens) {
        long weights = Math.multiplyExact(ShapeOps.parameters(c), (long) weightType.bytes());
        return of(c, weights, kvType, contextTokens, stepTokens);
    }

    /// With weights whose size is known, as those of a folder or quantized ones.
    public static MemoryPlan of(
            ModelConfig c, long weightBytes, DType kvType, int contextTokens, int stepTokens) {
        if (contextTokens <= 0 || stepTokens <= 0)
            throw new IllegalArgumentException(
                    "context " + contextTokens + " and step " + stepTokens + " must be positive");
        long perRow = 2L * c.hidden() + c.qkvWidth() + c.queryWidth() + 2L * c.ff();
        long scores = Math.multiplyExact((long) c.heads(), (long) contextTokens);
        long scratch =
                Math.multiplyExact(
                        Math.addExact(
                                Math.multiplyExact(perRow, (long) stepTokens),
                                Math.addExact(scores, (long) c.vocab())),
                        (long) Float.BYTES);
        return new MemoryPlan(
                contextTokens,
                stepTokens,
                weightBytes,
                Math.multiplyExact(kvBytesPerToken(c, kvType), (long) contextTokens),
                scratch);
    }

    /// Keys and values of one token in all layers.
    public static long kvBytesPerToken(ModelConfig c, DType kvType) {
        return 2L * c.layers() * c.kvWidth() * kvType.bytes();
    }

    public long totalBytes() {
        return Math.addExact(weightBytes, Math.addExact(kvBytes, scratchBytes));
    }
}
