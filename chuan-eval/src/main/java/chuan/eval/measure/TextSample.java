package chuan.eval.measure;

import chuan.eval.report.Bootstrap;
import chuan.eval.report.Interval;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Sums over the tokens of documents that a model reads one after the other, and how sure one can
/// be of ratios of such sums: documents are drawn anew. Where there is but one, its stretches are
/// drawn, as in the block bootstrap (H. R. Künsch, "The Jackknife and the Bootstrap for General
/// Stationary Observations", 1989, with blocks that do not overlap); such an interval says nothing
/// about other documents.
///
/// One thread at a time.
final class TextSample {
    /// Columns of the sums; those of the caller follow.
    static final int TOKENS = 0;

    static final int BYTES = 1;
    static final int FIRST = 2;

    /// Tokens of a stretch, at most: what is surprising comes in runs of words.
    private static final int STRETCH = 64;

    /// Stretches of a document, at least, if it has as many tokens.
    private static final int STRETCHES = 8;

    /// @param sums over all of it, by column
    /// @param stretches the same, by its parts; each has bytes
    record Document(double[] sums, List<double[]> stretches) {}

    private final List<Document> documents = new ArrayList<>();

    /// Of the document that is being read: single tokens, until it is seen to be long.
    private List<double[]> parts = new ArrayList<>();

    private int tokensOfPart = 1;

    List<Document> documents() {
        return documents;
    }

    /// @param bytes that the token ends
    /// @param values what it adds to the columns of the caller
    void token(long bytes, double... values) {
        if (tokensOfPart == 1 && parts.size() == STRETCH * STRETCHES) {
            parts = joined(parts, STRETCH);
            tokensOfPart = STRETCH;
        }
        var one = new double[FIRST + values.length];
        one[TOKENS] = 1;
        one[BYTES] = bytes;
        System.arraycopy(values, 0, one, FIRST, values.length);
        if (parts.isEmpty() || isWhole(parts.getLast(), tokensOfPart)) parts.add(one);
        else add(parts.getLast(), one);
    }

    /// @param bytes of the document, which may be more than its tokens stand for
    void endDocument(long bytes) {
        if (tokensOfPart == 1)
            parts = joined(parts, Math.clamp(parts.size() / STRETCHES, 1, STRETCH));
        if (parts.size() > 1 && parts.getLast()[BYTES] == 0) {
            double[] rest = parts.removeLast();
            add(parts.getLast(), rest);
        }
        var sums = new double[parts.isEmpty() ? FIRST : parts.getFirst().length];
        for (double[] part : parts) add(sums, part);
        if (sums[BYTES] > 0) for (double[] part : parts) part[BYTES] *= bytes / sums[BYTES];
        sums[BYTES] = bytes;
        documents.add(new Document(sums, List.copyOf(parts)));
        parts = new ArrayList<>();
        tokensOfPart = 1;
    }

    /// Whether the next token begins another part. A part without bytes would have no ratio.
    private static boolean isWhole(double[] part, int tokens) {
        return part[TOKENS] >= tokens && part[BYTES] > 0;
    }

    private static List<double[]> joined(List<double[]> parts, int tokens) {
        var joined = new ArrayList<double[]>();
        for (double[] part : parts)
            if (joined.isEmpty() || isWhole(joined.getLast(), tokens)) joined.add(part.clone());
            else add(joined.getLast(), part);
        return joined;
    }

    private static void add(double[] to, double[] what) {
        for (int i = 0; i < what.length; i++) to[i] += what[i];
    }

    static double sum(List<Document> documents, int column) {
        double sum = 0;
        for (var document : documents)
            if (column < document.sums().length) sum += document.sums()[column];
        return sum;
    }

    /// Of the sum of one column over that of another. Empty if nothing could be drawn: there is but
    /// one stretch.
    static Optional<Interval> interval(
            List<Document> documents, int part, int whole, Bootstrap bootstrap) {
        var read = documents.stream().filter(document -> !document.stretches().isEmpty()).toList();
        var drawn =
                read.size() == 1
                        ? read.getFirst().stretches()
                        : read.stream().map(Document::sums).toList();
        if (drawn.size() < 2) return Optional.empty();
        return Optional.of(bootstrap.ratio(column(drawn, part), column(drawn, whole)));
    }

    static double[] column(List<double[]> sums, int column) {
        return sums.stream().mapToDouble(of -> of[column]).toArray();
    }
}
