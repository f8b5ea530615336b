package chuan.corpus;

import java.util.ArrayList;
import java.util.List;

/// Joins lines that a text file broke at a fixed width. A line continues the one before it when it
/// starts with a small letter, or when the one before is nearly as long as the lines of this
/// document usually are at most. Verse and lists stay as they are: their lines are short.
final class Unwrap {
    private Unwrap() {}

    static List<String> lines(List<String> lines) {
        int[] lengths = lines.stream().mapToInt(String::length).filter(n -> n > 0).sorted().toArray();
        if (lengths.length == 0) {
            return lines;
        }
        int width = lengths[lengths.length * 9 / 10];
        List<String> out = new ArrayList<>();
        String open = "";
        int lastLength = 0;
        for (String line : lines) {
            boolean continues =
                    !open.isEmpty()
                            && !line.isEmpty()
                            && width <= 100
                            && (Character.isLowerCase(line.charAt(0)) || lastLength * 4 >= width * 3)
                            && !line.startsWith("- ");
            if (continues) {
                open = open + " " + line;
            } else {
                if (!open.isEmpty()) {
                    out.add(open);
                }
                if (line.isEmpty()) {
                    out.add("");
                }
                open = line;
            }
            lastLength = line.length();
        }
        if (!open.isEmpty()) {
            out.add(open);
        }
        return out;
    }
}
