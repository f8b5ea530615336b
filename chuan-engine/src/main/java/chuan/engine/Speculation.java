package chuan.engine;

/// Whether tokens are drafted from what the text said before and checked several at a time. The
/// text is the same either way.
public enum Speculation {
    /// Where the times of earlier steps say that it pays.
    AUTO,
    /// Wherever something can be drafted.
    ALWAYS,
    OFF
}
