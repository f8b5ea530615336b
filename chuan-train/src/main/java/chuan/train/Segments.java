package chuan.train;

/// Cuts a row of tokens into documents.
final class Segments {
    private Segments() {}

    /// Numbers the documents of `ids[from, from + count)` into `segments`.
    ///
    /// An end token belongs to the document that it precedes, not to the one it closes: the last
    /// token of a document learns to predict the end, the end token alone (seeing nothing before
    /// it) learns to predict first tokens. So every token of a shard is predicted once and no
    /// document sees another.
    static void number(int[] ids, int from, int count, int endToken, int[] segments) {
        int document = 0;
        for (int i = from; i < from + count; i++) {
            if (ids[i] == endToken) {
                document++;
            }
            segments[i] = document;
        }
    }
}
