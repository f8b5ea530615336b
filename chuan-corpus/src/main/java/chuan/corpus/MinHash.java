package chuan.corpus;

import java.util.Arrays;

/// Signatures whose agreement estimates the Jaccard similarity of two texts (Broder 1997). A text
/// is the set of its runs of five units; a unit is one Han character or one word, in lower case;
/// punctuation and layout do not count.
final class MinHash {
    /// 32 bands of 4 rows: a pair of similarity 0.7 shares a band with probability 0.9998, one of
    /// 0.3 with 0.23 (such pairs are then compared exactly).
    static final int BANDS = 32;

    static final int ROWS = 4;
    private static final int LENGTH = BANDS * ROWS;
    private static final int UNITS_PER_SHINGLE = 5;
    private static final long[] SEEDS = new long[LENGTH];

    static {
        for (int i = 0; i < LENGTH; i++) {
            SEEDS[i] = Hash.mix(0x5eed0000L + i) | 1;
        }
    }

    private MinHash() {}

    /// The hashes of all shingles, sorted, without repeats. A text of fewer than five units is one
    /// shingle.
    static long[] shingles(String text) {
        long[] units = units(text);
        if (units.length == 0) {
            return units;
        }
        int count = Math.max(1, units.length - UNITS_PER_SHINGLE + 1);
        long[] shingles = new long[count];
        for (int i = 0; i < count; i++) {
            long hash = 0;
            for (int j = i; j < Math.min(units.length, i + UNITS_PER_SHINGLE); j++) {
                hash = Hash.mix(hash * 31 + units[j]);
            }
            shingles[i] = hash;
        }
        Arrays.sort(shingles);
        int kept = 1;
        for (int i = 1; i < shingles.length; i++) {
            if (shingles[i] != shingles[i - 1]) {
                shingles[kept++] = shingles[i];
            }
        }
        return Arrays.copyOf(shingles, kept);
    }

    /// One hash for each band of the signature.
    static long[] bands(long[] shingles) {
        long[] smallest = new long[LENGTH];
        Arrays.fill(smallest, Long.MAX_VALUE);
        for (long shingle : shingles) {
            for (int i = 0; i < LENGTH; i++) {
                long hash = shingle * SEEDS[i];
                hash ^= hash >>> 32;
                smallest[i] = Math.min(smallest[i], hash);
            }
        }
        long[] bands = new long[BANDS];
        for (int band = 0; band < BANDS; band++) {
            long hash = band;
            for (int row = 0; row < ROWS; row++) {
                hash = Hash.mix(hash * 31 + smallest[band * ROWS + row]);
            }
            bands[band] = hash;
        }
        return bands;
    }

    /// |a and b| / |a or b| of two sorted sets.
    static double jaccard(long[] a, long[] b) {
        if (a.length == 0 && b.length == 0) {
            return 1;
        }
        int common = 0;
        int i = 0;
        int j = 0;
        while (i < a.length && j < b.length) {
            if (a[i] == b[j]) {
                common++;
                i++;
                j++;
            } else if (a[i] < b[j]) {
                i++;
            } else {
                j++;
            }
        }
        return (double) common / (a.length + b.length - common);
    }

    private static long[] units(String text) {
        long[] units = new long[Math.max(16, text.length() / 2)];
        int count = 0;
        int i = 0;
        while (i < text.length()) {
            int c = text.codePointAt(i);
            int width = Character.charCount(c);
            if (!Character.isLetterOrDigit(c)) {
                i += width;
                continue;
            }
            long hash;
            if (Characters.isHan(c)) {
                hash = c;
                i += width;
            } else {
                hash = 7;
                while (i < text.length() && isWordPart(text.codePointAt(i))) {
                    int part = text.codePointAt(i);
                    hash = hash * 131 + Character.toLowerCase(part);
                    i += Character.charCount(part);
                }
            }
            if (count == units.length) {
                units = Arrays.copyOf(units, count * 2);
            }
            units[count++] = hash;
        }
        return Arrays.copyOf(units, count);
    }

    private static boolean isWordPart(int c) {
        return Character.isLetterOrDigit(c) && !Characters.isHan(c);
    }
}
