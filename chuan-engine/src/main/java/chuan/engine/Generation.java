package chuan.engine;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// An answer on its way, as the one who asked sees it: a stream of events. One thread reads; any
/// thread may cancel. A reader that falls behind pauses its own answer, nobody else's.
public interface Generation extends AutoCloseable {
    /// The next event, or null if none came within `wait`. After [GenerationEvent.Finished] or
    /// [GenerationEvent.Failed] there are no more, and this returns null at once.
    @Nullable GenerationEvent next(Duration wait) throws InterruptedException;

    /// Ends it before its next step; what was generated still comes, with [FinishReason#CANCELLED].
    void cancel();

    /// Cancels, and drops what has not been read.
    @Override
    void close();
}
