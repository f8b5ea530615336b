package chuan.eval.endpoint;

import java.net.http.HttpHeaders;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;

/// How long to wait before the next attempt: twice as long each time, by chance up to a half less,
/// so that many that failed together do not come back together. Where an endpoint says when to come
/// back, all its requests wait until then. Thread-safe.
final class Pauses {
    private static final Duration LONGEST = Duration.ofMinutes(1);

    /// More than any rate limit asks for; what is longer is a mistake or a ban.
    private static final Duration LONGEST_ASKED_FOR = Duration.ofMinutes(15);

    private final Duration first;
    private final long start = System.nanoTime();
    private final AtomicLong closedUntil = new AtomicLong();

    Pauses(Duration first) {
        this.first = first;
    }

    /// @param failures so far, at least 1
    Duration after(int failures) {
        double most = Math.min(LONGEST.toMillis(), first.toMillis() * Math.pow(2, failures - 1));
        double share = ThreadLocalRandom.current().nextDouble(0.5, 1);
        return Duration.ofMillis(Math.round(most * share));
    }

    /// Lets nobody pass [#await] for so long.
    void close(Duration time) {
        var wait = time.compareTo(LONGEST_ASKED_FOR) > 0 ? LONGEST_ASKED_FOR : time;
        closedUntil.accumulateAndGet(elapsed() + wait.toNanos(), Math::max);
    }

    void await() throws InterruptedException {
        for (long left; (left = closedUntil.get() - elapsed()) > 0; )
            Thread.sleep(Duration.ofNanos(left));
    }

    private long elapsed() {
        return System.nanoTime() - start;
    }

    /// What an answer says about when to come back: in milliseconds, seconds, or as a date.
    static Optional<Duration> askedFor(HttpHeaders headers) {
        String millis = headers.firstValue("retry-after-ms").orElse("").strip();
        if (millis.matches("[0-9]{1,9}"))
            return Optional.of(Duration.ofMillis(Long.parseLong(millis)));
        String text = headers.firstValue("Retry-After").orElse("").strip();
        if (text.matches("[0-9]{1,6}"))
            return Optional.of(Duration.ofSeconds(Long.parseLong(text)));
        try {
            var until = Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(text));
            var wait = Duration.between(Instant.now(), until);
            return Optional.of(wait.isNegative() ? Duration.ZERO : wait);
        } catch (DateTimeException _) {
            return Optional.empty();
        }
    }
}
