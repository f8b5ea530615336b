package chuan.engine.tools;

/// Whether a model may, must or must not call tools.
public sealed interface ToolChoice {
    /// It must not.
    record None() implements ToolChoice {}

    /// It decides.
    record Auto() implements ToolChoice {}

    /// The answer is a call.
    record Required() implements ToolChoice {}

    /// The answer is a call of this tool.
    record Named(String name) implements ToolChoice {}

    /// Whether the answer is a call and nothing else.
    default boolean forced() {
        return switch (this) {
            case None _, Auto _ -> false;
            case Required _, Named _ -> true;
        };
    }
}
