package chuan.engine.tools;

/// What a piece of an answer turned out to be.
public sealed interface ToolCallEvent {
    /// Text for the reader.
    record Content(String text) implements ToolCallEvent {}

    /// A call begins.
    ///
    /// @param index of the call in the answer, from 0
    record Call(int index, String name) implements ToolCallEvent {}

    /// More of the arguments' JSON, as it was written.
    record Arguments(int index, String text) implements ToolCallEvent {}
}
