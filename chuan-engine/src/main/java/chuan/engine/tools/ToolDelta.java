package chuan.engine.tools;

/// What a piece of an answer turned out to be.
public sealed interface ToolDelta {
    /// More of what the model says.
    record Content(String text) implements ToolDelta {}

    /// A call begins.
    ///
    /// @param index of the call in the answer, from 0
    record Begin(int index, String name) implements ToolDelta {}

    /// More of a call's arguments, as the model wrote them.
    record Arguments(int index, String json) implements ToolDelta {}
}
