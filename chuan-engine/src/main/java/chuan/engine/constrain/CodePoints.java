package chuan.engine.constrain;

import java.util.ArrayList;
import java.util.List;

/// A set of Unicode characters: ascending ranges, first and last in turn. Half surrogate pairs are
/// never in it. Immutable.
record CodePoints(List<Integer> ranges) {
    private static final int LAST = 0x10FFFF;

    static final CodePoints ALL = of(0, LAST);

    /// From ranges in any order.
    ///
    /// @param bounds first and last character of each in turn
    static CodePoints of(int... bounds) {
        var pairs = new ArrayList<int[]>();
        for (int i = 0; i < bounds.length; i += 2) pairs.add(new int[] {bounds[i], bounds[i + 1]});
        pairs.sort((a, b) -> Integer.compare(a[0], b[0]));
        var out = new ArrayList<Integer>();
        for (int[] pair : pairs) {
            addWithoutSurrogates(out, pair[0], pair[1]);
        }
        return new CodePoints(List.copyOf(out));
    }

    /// The characters of a text.
    static CodePoints ofChars(String chars) {
        int[] each = chars.codePoints().toArray();
        var bounds = new int[each.length * 2];
        for (int i = 0; i < each.length; i++) bounds[2 * i] = bounds[2 * i + 1] = each[i];
        return of(bounds);
    }

    private static void addWithoutSurrogates(List<Integer> out, int first, int last) {
        if (first < 0xD800 && last >= 0xD800) {
            add(out, first, 0xD7FF);
            if (last >= 0xE000) add(out, 0xE000, last);
        } else if (first >= 0xD800 && first < 0xE000) {
            if (last >= 0xE000) add(out, 0xE000, last);
        } else {
            add(out, first, last);
        }
    }

    private static void add(List<Integer> out, int first, int last) {
        int size = out.size();
        if (first > last) return;
        if (size > 0 && first <= out.get(size - 1) + 1)
            out.set(size - 1, Math.max(out.get(size - 1), last));
        else {
            out.add(first);
            out.add(last);
        }
    }

    CodePoints plus(CodePoints other) {
        var bounds = new int[ranges.size() + other.ranges.size()];
        for (int i = 0; i < ranges.size(); i++) bounds[i] = ranges.get(i);
        for (int i = 0; i < other.ranges.size(); i++)
            bounds[ranges.size() + i] = other.ranges.get(i);
        return of(bounds);
    }

    /// All others.
    CodePoints complement() {
        var bounds = new int[ranges.size() + 2];
        int at = 0;
        bounds[at++] = 0;
        for (int i = 0; i < ranges.size(); i += 2) {
            bounds[at++] = ranges.get(i) - 1;
            bounds[at++] = ranges.get(i + 1) + 1;
        }
        bounds[at] = LAST;
        return of(nonEmpty(bounds));
    }

    private static int[] nonEmpty(int[] bounds) {
        var kept = new int[bounds.length];
        int size = 0;
        for (int i = 0; i < bounds.length; i += 2) {
            if (bounds[i] > bounds[i + 1]) continue;
            kept[size++] = bounds[i];
            kept[size++] = bounds[i + 1];
        }
        return java.util.Arrays.copyOf(kept, size);
    }

    CodePoints minus(CodePoints other) {
        return complement().plus(other).complement();
    }

    boolean has(int character) {
        for (int i = 0; i < ranges.size(); i += 2)
            if (character >= ranges.get(i) && character <= ranges.get(i + 1)) return true;
        return false;
    }

    boolean isEmpty() {
        return ranges.isEmpty();
    }

    /// One character of the set as UTF-8: shortest forms only (RFC 3629).
    Expr utf8() {
        var ascii = new long[4];
        var longer = new ArrayList<Expr>();
        for (int i = 0; i < ranges.size(); i += 2)
            split(ranges.get(i), ranges.get(i + 1), ascii, longer);
        if ((ascii[0] | ascii[1]) != 0) longer.addFirst(new Expr.Bytes(ascii));
        return Expr.alt(longer);
    }

    /// Cuts a range until the bytes at each place vary independently of each other.
    private static void split(int first, int last, long[] ascii, List<Expr> out) {
        for (int limit : new int[] {0x7F, 0x7FF, 0xFFFF}) {
            if (first <= limit && last > limit) {
                split(first, limit, ascii, out);
                split(limit + 1, last, ascii, out);
                return;
            }
        }
        if (last < 0x80) {
            for (int c = first; c <= last; c++) ascii[c >> 6] |= 1L << (c & 63);
            return;
        }
        int length = first < 0x800 ? 2 : first < 0x10000 ? 3 : 4;
        for (int i = 1; i < length; i++) {
            int low = (1 << (6 * i)) - 1;
            if ((first & ~low) == (last & ~low)) continue;
            if ((first & low) != 0) {
                split(first, first | low, ascii, out);
                split((first | low) + 1, last, ascii, out);
                return;
            }
            if ((last & low) != low) {
                split(first, (last & ~low) - 1, ascii, out);
                split(last & ~low, last, ascii, out);
                return;
            }
        }
        var bytes = new Expr[length];
        int[] lead = {0, 0, 0xC0, 0xE0, 0xF0};
        for (int i = 0; i < length; i++) {
            int shift = 6 * (length - 1 - i);
            int mark = i == 0 ? lead[length] : 0x80;
            int mask = i == 0 ? 0xFF : 0x3F;
            bytes[i] =
                    Expr.range(mark | ((first >> shift) & mask), mark | ((last >> shift) & mask));
        }
        out.add(Expr.seq(bytes));
    }
}
