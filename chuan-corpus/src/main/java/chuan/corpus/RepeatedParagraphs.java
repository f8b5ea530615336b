package chuan.corpus;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Stage 7: a long paragraph is read once. Catches what whole-document similarity misses: essays
/// printed in two collections and cut at other places, stock paragraphs of manuals. Documents must
/// come in the order of their right to keep a paragraph. Not thread-safe; 8 bytes and a set entry
/// for each paragraph.
final class RepeatedParagraphs {
    private static final int LONG_ENOUGH = 100;

    private final Set<Long> seen = new HashSet<>();

    /// The text without the long paragraphs that an earlier document had.
    String strip(String text) {
        List<String> kept = new ArrayList<>();
        boolean changed = false;
        for (String line : text.split("\n", -1)) {
            if (isLong(line) && !seen.add(Hash.of(line))) {
                changed = true;
            } else {
                kept.add(line);
            }
        }
        return changed ? Clean.joinLines(kept) : text;
    }

    private static boolean isLong(String line) {
        return line.length() * 2 >= LONG_ENOUGH
                && line.length() + Characters.countHan(line) >= LONG_ENOUGH;
    }
}
