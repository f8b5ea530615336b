package chuan.engine;

/// Why a generation ended.
public enum FinishReason {
    /// The model ended it, or a stop string appeared.
    STOP,
    /// `maxTokens` were generated, or the context is full.
    LENGTH,
    /// [Cancellation#cancel] was called.
    CANCELLED
}
