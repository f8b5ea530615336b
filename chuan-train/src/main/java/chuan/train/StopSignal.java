package chuan.train;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Turns Ctrl-C and SIGTERM into a request: the training thread finishes its step, writes a
/// checkpoint and closes the signal; only then may the process end. libtorch's static objects are
/// destroyed at exit, so a native call must never be running then.
final class StopSignal implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 120;

    private final CountDownLatch finished = new CountDownLatch(1);
    private final Thread hook = new Thread(this::waitForTheStep, "stop-training");
    private volatile boolean requested;

    StopSignal() {
        Runtime.getRuntime().addShutdownHook(hook);
    }

    private void waitForTheStep() {
        requested = true;
        try {
            if (finished.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                return;
            }
            System.err.println("The step did not end within " + PATIENCE_SECONDS + " seconds.");
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(1);
    }

    /// Whether training should end after this step.
    boolean requested() {
        return requested;
    }

    /// Nothing native runs any more.
    @Override
    public void close() {
        finished.countDown();
        if (!requested) {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException _) {
                // The process is ending; the hook will find the latch open.
            }
        }
    }
}
