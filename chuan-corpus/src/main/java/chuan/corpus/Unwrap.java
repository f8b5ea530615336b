package chuan.corpus;

import java.util.ArrayList;
import java.util.List;

/// Joins lines that a text file broke at a fixed width. A line continues the one before it when it
/// starts with a small letter, or when the one before is nearly as long as the lines of this
/// document usually are at most. A small letter after a gap continues only an unfinished sentence.
/// Verse and lists stay as they are: their lines are short.
final class Unwrap {
    private static final int WIDEST_PAGE = 100;

    private Unwrap() {}

    static List<String> lines(List<String> lines) {
        int[] lengths =
                lines.stream().mapToInt(String::length).filter(n -> n > 0).sorted().toArray();
        if (lengths.length == 0) {
            return lines;
        }
        int width = lengths[lengths.length * 9 / 10];
        List<String> out = new ArrayList<>();
        StringBuilder open = new StringBuilder();
        int lastLength = 0;
        boolean gap = false;
        for (String line : lines) {
            if (line.isEmpty()) {
                gap = true;
                continue;
            }
            boolean small = Character.isLowerCase(line.charAt(0));
            boolean afterFullLine = width <= WIDEST_PAGE && lastLength * 4 >= width * 3;
            boolean continues =
                    !open.isEmpty()
                            && !line.startsWith("- ")
                            && (gap ? small && isUnfinished(open) : small || afterFullLine);
            if (continues) {
                open.append(' ').append(line);
            } else {
                flush(open, out);
                if (gap) {
                    out.add("");
                }
                open.append(line);
            }
            lastLength = line.length();
            gap = false;
        }
        flush(open, out);
        return out;
    }

    private static void flush(StringBuilder open, List<String> out) {
        if (!open.isEmpty()) {
            out.add(open.toString());
            open.setLength(0);
        }
    }

    private static boolean isUnfinished(StringBuilder text) {
        char last = text.charAt(text.length() - 1);
        return Character.isLetter(last) || last == ',';
    }
}
