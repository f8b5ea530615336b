package chuan.engine.tools;

/// A function that the caller can run.
///
/// @param parameters JSON schema of its arguments; empty = it has none
/// @param strict arguments must fit the schema exactly, so one that cannot be followed is refused;
///   otherwise such a tool is called with any object
public record Tool(String name, String description, String parameters, boolean strict) {}
