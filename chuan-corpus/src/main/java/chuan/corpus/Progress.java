package chuan.corpus;

import java.io.PrintStream;
import java.util.Locale;

/// One line that says what is being done, how far, how fast and how long still; at most two a
/// second. On a terminal it is overwritten in place, so the stream should be standard error.
final class Progress {
    private static final long EVERY_NANOS = 500_000_000L;

    private final PrintStream out;
    private final String stage;
    private final String unit;
    private final double total;
    private final long started = System.nanoTime();
    private long printed = started;
    private double done;

    Progress(PrintStream out, String stage, String unit, double total) {
        this.out = out;
        this.stage = stage;
        this.unit = unit;
        this.total = total;
    }

    void advance(double amount, String item) {
        done += amount;
        long now = System.nanoTime();
        if (now - printed >= EVERY_NANOS) {
            printed = now;
            line(item, now);
        }
    }

    void finish() {
        line("done", System.nanoTime());
        out.println();
    }

    private void line(String item, long now) {
        double seconds = Math.max(1e-3, (now - started) / 1e9);
        double rate = done / seconds;
        double left = rate > 0 ? Math.max(0, total - done) / rate : 0;
        out.printf(
                Locale.ROOT,
                "\r%-12s %5.1f %%  %8.1f %s/s  %4.0f s left  %-32s",
                stage,
                total > 0 ? Math.min(100, 100 * done / total) : 100,
                rate,
                unit,
                left,
                item);
        out.flush();
    }
}
