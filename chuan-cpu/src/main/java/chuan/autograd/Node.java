package chuan.autograd;

/// One verb of a [Tape]: how its value is computed, and what its derivative adds to the gradients
/// before it.
interface Node {
    void forward(Step step);

    /// The gradients of its result are complete.
    void backward(Step step);
}
