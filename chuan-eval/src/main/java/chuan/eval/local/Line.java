package chuan.eval.local;

import java.util.Arrays;

/// Tokens that go through the model one after another, and whose logits are read from some row on.
///
/// @param answering the ask it belongs to
/// @param part of the ask: which of its continuations
/// @param ids what goes through the model, and behind it what the last row is to predict, if
///   anything
/// @param length tokens that go through the model
/// @param first row whose logits are read, as are those of all later ones
record Line(Answering answering, int part, int[] ids, int length, int first) {
    Line {
        if (length < 1 || length > ids.length || first < 0 || first >= length)
            throw new IllegalArgumentException(
                    "rows [%d, %d) of %d tokens".formatted(first, length, ids.length));
    }

    /// Lines that begin alike stand together, the shorter before what continues it.
    static int compare(Line a, Line b) {
        return Arrays.compare(a.ids, 0, a.length, b.ids, 0, b.length);
    }

    /// Tokens that the two begin with alike.
    int common(Line other) {
        int most = Math.min(length, other.length);
        int mismatch = Arrays.mismatch(ids, 0, most, other.ids, 0, most);
        return mismatch < 0 ? most : mismatch;
    }
}
