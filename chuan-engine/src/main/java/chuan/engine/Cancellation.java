package chuan.engine;

/// A switch that stops a generation from another thread: a signal handler, a closed connection. The
/// generation ends before its next step, that is within one token or one chunk of the prompt, and
/// returns what it has.
public final class Cancellation {
    private volatile boolean cancelled;

    public void cancel() {
        cancelled = true;
    }

    public boolean isCancelled() {
        return cancelled;
    }
}
