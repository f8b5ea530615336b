package chuan.autograd;

/// What training a model takes, in bytes, known before any of it is there.
///
/// @param weights fp32, as are
/// @param gradients of the weights, and
/// @param moments of AdamW; Muon needs half as much for the matrices of layers, and some scratch
/// @param values that verbs leave to one another and to their derivatives, and their gradients
/// @param scratch of products and attention
public record TrainingMemory(
        long weights, long gradients, long moments, long values, long scratch) {

    public long totalBytes() {
        return Math.addExact(
                Math.addExact(Math.addExact(weights, gradients), Math.addExact(moments, values)),
                scratch);
    }
}
