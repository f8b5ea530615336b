package chuan.model;

/// The shape of one training step: `sequences` rows of `tokens` each, laid out one after the other.
///
/// @param segments for each of the `sequences * tokens` positions the number of its document within
///   the row, or an empty array if every row is one document. A position sees only earlier
///   positions of its own document; equal numbers must be adjacent. Nobody may change the array
///   afterwards
public record BatchShape(int sequences, int tokens, int[] segments) {
    public BatchShape {
        if (sequences < 1 || tokens < 1) {
            throw new IllegalArgumentException(
                    "a batch of " + sequences + " sequences of " + tokens + " tokens");
        }
        if (segments.length != 0 && segments.length != rows(sequences, tokens)) {
            throw new IllegalArgumentException(
                    segments.length + " segment numbers for " + sequences + " x " + tokens);
        }
    }

    /// Whole rows: every row is one document.
    public static BatchShape whole(int sequences, int tokens) {
        return new BatchShape(sequences, tokens, new int[0]);
    }

    /// Rows of an activation.
    public int rows() {
        return rows(sequences, tokens);
    }

    private static int rows(int sequences, int tokens) {
        return Math.multiplyExact(sequences, tokens);
    }
}
