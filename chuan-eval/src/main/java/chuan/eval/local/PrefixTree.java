package chuan.eval.local;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Lines arranged by what they begin with alike: the examples of a subject are computed once for
/// all its questions, a question once for all its options.
final class PrefixTree {
    /// Tokens that a branch must save to be worth a step before those that grow from it.
    private static final int LEAST_SAVED = 8;

    /// Tokens that some lines have in common, behind what they have in common with others.
    ///
    /// @param low the lines are `[low, high)` of the sorted ones
    /// @param from it is `[from, to)` of each of them
    /// @param first row of them that is read, if it is below `to`
    record Branch(int low, int high, int from, int to, int first) {}

    private final Line[] lines;
    private final boolean share;

    /// @param share false: each line is computed by itself
    PrefixTree(List<Line> lines, boolean share) {
        this.lines = lines.toArray(Line[]::new);
        this.share = share;
        if (share) Arrays.sort(this.lines, Line::compare);
    }

    Line line(int index) {
        return lines[index];
    }

    /// With which the lines begin.
    List<Branch> roots() {
        var roots = new ArrayList<Branch>();
        if (share) split(0, lines.length, 0, 0, roots);
        else for (int i = 0; i < lines.length; i++) add(i, i + 1, 0, roots);
        return roots;
    }

    /// With which the lines of a branch go on that do not end with it.
    List<Branch> behind(Branch branch) {
        int low = branch.low;
        while (low < branch.high && lines[low].length() == branch.to) low++;
        var behind = new ArrayList<Branch>();
        if (low < branch.high) split(low, branch.high, branch.to, branch.to, behind);
        return behind;
    }

    /// @param from what is common has been computed up to here
    /// @param common tokens that the lines have in common; none ends before
    private void split(int low, int high, int from, int common, List<Branch> out) {
        for (int start = low; start < high; ) {
            int end = start + 1;
            while (end < high && goOnAlike(lines[start], lines[end], common)) end++;
            int alike = lines[start].common(lines[end - 1]);
            boolean same = alike == lines[end - 1].length();
            if (same || (end - start - 1L) * (alike - from) >= LEAST_SAVED)
                add(start, end, from, out);
            else split(start, end, from, alike, out);
            start = end;
        }
    }

    private static boolean goOnAlike(Line a, Line b, int at) {
        if (a.length() == at || b.length() == at) return a.length() == b.length();
        return a.ids()[at] == b.ids()[at];
    }

    private void add(int low, int high, int from, List<Branch> out) {
        int first = Integer.MAX_VALUE;
        for (int i = low; i < high; i++) first = Math.min(first, lines[i].first());
        out.add(new Branch(low, high, from, lines[low].common(lines[high - 1]), first));
    }
}
