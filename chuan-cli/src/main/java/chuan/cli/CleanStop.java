package chuan.cli;

import chuan.files.WriteProgress;
import java.io.PrintStream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Turns Ctrl-C during a long write into an exception in the writing thread, so that it can take
/// its unfinished file away; only then may the process end.
final class CleanStop implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 20;

    private final PrintStream err;
    private final CountDownLatch finished = new CountDownLatch(1);
    private final Thread hook = new Thread(this::stop, "stop-writing");
    private volatile boolean requested;

    CleanStop(PrintStream err) {
        this.err = err;
        Runtime.getRuntime().addShutdownHook(hook);
    }

    private void stop() {
        requested = true;
        try {
            if (finished.await(PATIENCE_SECONDS, TimeUnit.SECONDS))
                err.println("chuan: interrupted; nothing was written");
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// Ends the writing once a stop was asked for.
    WriteProgress watch(WriteProgress progress) {
        return bytes -> {
            if (requested) throw new CliException("interrupted");
            progress.wrote(bytes);
        };
    }

    @Override
    public void close() {
        if (requested) {
            finished.countDown();
            return;
        }
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException _) {
            finished.countDown();
        }
    }
}
