package chuan.cli;

import chuan.engine.Cancellation;
import java.io.PrintStream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/// Turns Ctrl-C during an examination into a cancellation, and lets the process end only when the
/// last answer is in its file.
final class EvalStop implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 20;

    private final Cancellation cancellation = new Cancellation();
    private final CountDownLatch finished = new CountDownLatch(1);
    private final PrintStream err;
    private final Supplier<String> message;
    private final Thread hook = new Thread(this::stop, "stop-examination");

    /// @param message what to say to someone who interrupted it
    EvalStop(PrintStream err, Supplier<String> message) {
        this.err = err;
        this.message = message;
        Runtime.getRuntime().addShutdownHook(hook);
    }

    Cancellation cancellation() {
        return cancellation;
    }

    private void stop() {
        cancellation.cancel();
        try {
            if (finished.await(PATIENCE_SECONDS, TimeUnit.SECONDS))
                err.println("chuan: " + message.get());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        finished.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException _) {
            // the process is ending: the hook goes on
        }
    }
}
