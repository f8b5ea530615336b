package chuan.cli;

import java.util.List;

/// What somebody who mistyped probably meant.
final class Nearest {
    /// Letters that may be wrong, missing or too many.
    private static final int FARTHEST = 2;

    private Nearest() {}

    /// Empty if nothing is near. A name that was begun is nearest.
    static String of(String typed, List<String> names) {
        String nearest = "";
        int least = FARTHEST + 1;
        for (String name : names) {
            int distance = typed.length() > 2 && name.startsWith(typed) ? 0 : distance(typed, name);
            if (distance < least) {
                least = distance;
                nearest = name;
            }
        }
        return nearest;
    }

    /// Levenshtein's, row by row.
    static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) row[j] = j;
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int changed = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(changed, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
