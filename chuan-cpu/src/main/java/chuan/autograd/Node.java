package chuan.autograd;

/// One verb of a [Tape]: how its value is computed, and what its derivative adds to the gradients
/// before it.
interface Node {
    void forward(Step step);

    /// The gradients of its results are complete.
    void backward(Step step);

    /// Whether the derivative reads `value`, an input or a result, again.
    boolean rereads(Value value);

    /// Whether the derivative is computed along with the value, and [#backward] does nothing.
    default boolean differentiatesAhead() {
        return false;
    }
}
