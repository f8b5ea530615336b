package chuan.hub;

import java.time.Duration;

/// Counts failures in a row and waits longer after each; a server that says how long is obeyed.
final class Retries {
    private static final int MOST_FAILURES = 5;
    private static final Duration LONGEST = Duration.ofMinutes(5);

    private final Duration first;
    private int failures;

    Retries(Duration first) {
        this.first = first;
    }

    /// Something arrived: what failed before does not count any more.
    void progressed() {
        failures = 0;
    }

    /// Waits before the next attempt.
    ///
    /// @throws HubException after too many failures in a row
    void failed(String what, TransientException e) throws InterruptedException {
        failures++;
        if (failures >= MOST_FAILURES)
            throw new HubException(
                    what
                            + ": "
                            + e.getMessage()
                            + ", "
                            + failures
                            + " times in a row; the same command goes on where this one ended");
        var wait = e.after().orElse(first.multipliedBy(1L << (failures - 1)));
        Thread.sleep(wait.compareTo(LONGEST) < 0 ? wait : LONGEST);
    }
}
