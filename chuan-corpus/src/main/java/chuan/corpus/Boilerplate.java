package chuan.corpus;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Stage 3: lines that many documents of one source share are its frame (page headers, licences,
/// requests to open an issue), not its text. A first pass counts in how many documents each line
/// occurs, a second drops the common ones. Not thread-safe while counting.
final class Boilerplate {
    private static final int LEAST_DOCUMENTS = 8;
    private static final double LEAST_SHARE = 0.004;
    private static final int SHORTEST_SHARED = 2;

    private final Map<Long, Integer> documentsWithLine = new HashMap<>();
    private int documents;

    void count(String text) {
        documents++;
        Set<Long> inThis = new HashSet<>();
        for (String line : text.split("\n")) {
            if (line.length() >= SHORTEST_SHARED && inThis.add(Hash.of(line))) {
                documentsWithLine.merge(Hash.of(line), 1, Integer::sum);
            }
        }
    }

    /// Forgets the lines that are not boilerplate; after this the object only answers.
    Boilerplate settled() {
        int least = Math.max(LEAST_DOCUMENTS, (int) Math.ceil(documents * LEAST_SHARE));
        documentsWithLine.values().removeIf(count -> count < least);
        return this;
    }

    String strip(String text) {
        if (documentsWithLine.isEmpty()) {
            return text;
        }
        List<String> kept =
                text.lines().filter(l -> l.length() < SHORTEST_SHARED || !isCommon(l)).toList();
        return Clean.joinLines(kept);
    }

    private boolean isCommon(String line) {
        return documentsWithLine.containsKey(Hash.of(line));
    }
}
