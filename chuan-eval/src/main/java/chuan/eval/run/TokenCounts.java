package chuan.eval.run;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ToIntFunction;

/// Counts the tokens of a text once: the examples of a subject are counted for each of its
/// questions. One thread.
final class TokenCounts implements ToIntFunction<String> {
    private static final int MOST = 1024;

    private final ToIntFunction<String> counter;
    private final Map<String, Integer> known =
            new LinkedHashMap<>(MOST, 0.75f, true) {
                private static final long serialVersionUID = 1;

                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Integer> eldest) {
                    return size() > MOST;
                }
            };

    TokenCounts(ToIntFunction<String> counter) {
        this.counter = counter;
    }

    @Override
    public int applyAsInt(String text) {
        Integer before = known.get(text);
        if (before != null) return before;
        int count = counter.applyAsInt(text);
        known.put(text, count);
        return count;
    }
}
