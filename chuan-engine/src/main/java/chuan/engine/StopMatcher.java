package chuan.engine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Looks for stop strings in text that arrives in pieces. Text leaves as soon as it can no longer
/// be the beginning of a stop string, so nothing of one is ever shown.
final class StopMatcher {
    private final List<String> stops;
    private final StringBuilder held = new StringBuilder();
    private @Nullable String found;

    StopMatcher(List<String> stops) {
        this.stops = stops;
    }

    /// The stop string that was found.
    @Nullable String found() {
        return found;
    }

    /// Takes a piece of text and returns what is certain to belong to the result.
    String accept(String text) {
        if (found != null) return "";
        if (stops.isEmpty()) return text;
        held.append(text);
        int first = -1;
        for (String stop : stops) {
            int at = held.indexOf(stop);
            if (at >= 0 && (first < 0 || at < first)) {
                first = at;
                found = stop;
            }
        }
        return release(found != null ? first : held.length() - longestBeginning());
    }

    /// The rest, when no more text comes.
    String finish() {
        return found != null ? "" : release(held.length());
    }

    /// Length of the longest end of `held` that begins a stop string.
    private int longestBeginning() {
        int longest = 0;
        for (String stop : stops) {
            int length = Math.min(stop.length() - 1, held.length());
            for (; length > longest; length--) {
                if (stop.startsWith(held.substring(held.length() - length))) longest = length;
            }
        }
        return longest;
    }

    private String release(int length) {
        String text = held.substring(0, length);
        held.delete(0, length);
        return text;
    }
}
