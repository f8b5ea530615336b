package chuan.engine.tools;

/// A call that the model made.
///
/// @param arguments JSON text, as the model wrote it
public record ToolCall(String name, String arguments) {}
