package chuan.measure;

/// One repetition.
///
/// @param seconds by the clock
/// @param cpuSeconds of all threads of the program; NaN if unknown
public record Timing(double seconds, double cpuSeconds) {}
