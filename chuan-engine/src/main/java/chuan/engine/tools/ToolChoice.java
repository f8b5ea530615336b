package chuan.engine.tools;

/// Whether a model may, must or must not call tools.
public sealed interface ToolChoice {
    record None() implements ToolChoice {}

    /// Text, then calls if it wants.
    record Auto() implements ToolChoice {}

    /// At least one call and no text.
    record Required() implements ToolChoice {}

    /// A call of this one.
    record Named(String name) implements ToolChoice {}
}
