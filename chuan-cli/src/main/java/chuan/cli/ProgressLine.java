package chuan.cli;

import java.io.PrintStream;
import java.util.Locale;

/// One line on a terminal that shows how far a long job is: amount, rate, time left. Appears after
/// two seconds, redraws five times a second, leaves nothing behind. Silent without a terminal.
final class ProgressLine implements AutoCloseable {
    private static final long FIRST_NANOS = 2_000_000_000L;
    private static final long EVERY_NANOS = 200_000_000L;

    private final PrintStream err;
    private final boolean visible;
    private final String what;
    private final String unit;
    private final long already;
    private final long total;
    private final long start = System.nanoTime();
    private long drawn = start + FIRST_NANOS - EVERY_NANOS;
    private boolean shown;

    /// @param total how much there is in all; 0 if nobody knows
    ProgressLine(Streams streams, String what, String unit, long total) {
        this(streams, what, unit, 0, total);
    }

    /// @param already how much of the total an earlier run did: it says nothing about the rate
    ProgressLine(Streams streams, String what, String unit, long already, long total) {
        this.already = already;
        this.err = streams.err();
        this.visible = streams.errTerminal();
        this.what = what;
        this.unit = unit;
        this.total = total;
    }

    /// `done` of the total are through.
    void update(long done) {
        long now = System.nanoTime();
        if (!visible || now - drawn < EVERY_NANOS) return;
        drawn = now;
        shown = true;
        err.print("\r\033[K" + text(what, unit, already, done, total, (now - start) / 1e9));
        err.flush();
    }

    /// Takes the line away.
    void clear() {
        if (shown) err.print("\r\033[K");
        shown = false;
        err.flush();
    }

    @Override
    public void close() {
        clear();
    }

    static String text(String what, String unit, long done, long total, double seconds) {
        return text(what, unit, 0, done, total, seconds);
    }

    private static String text(
            String what, String unit, long already, long done, long total, double seconds) {
        String amount = unit.isEmpty() ? "" : " " + unit;
        double rate = Math.max(done - already, 0) / Math.max(seconds, 1e-3);
        if (total <= 0)
            return String.format(Locale.ROOT, "%s: %,d%s, %,.0f/s", what, done, amount, rate);
        long left = rate == 0 ? 0 : Math.round((total - done) / rate);
        return String.format(
                Locale.ROOT,
                "%s: %d %% of %,d%s, %,.0f/s, %d:%02d left",
                what,
                100 * done / total,
                total,
                amount,
                rate,
                left / 60,
                left % 60);
    }
}
