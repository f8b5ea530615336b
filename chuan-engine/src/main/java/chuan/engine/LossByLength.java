package chuan.engine;

import chuan.model.Backend;
import chuan.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.LongConsumer;

/// How well a model predicts a token that has so many before it: whether it uses a long context, or
/// falls apart beyond the length it was trained on.
///
/// Only documents that fill the context are read, each from its beginning and no further than the
/// context, so that every bucket holds the same documents and the curve shows the model, not the
/// mixture. `startId` stands in front as in [Perplexity] and counts as the token at position 0.
///
/// @param startId token in front of each document; absent = none
/// @param context tokens read of each document, `startId` included
/// @param bucket positions that are averaged
public record LossByLength(OptionalInt startId, int context, int bucket) {

    public LossByLength {
        if (context < 2)
            throw new InvalidRequestException("context", "must be at least 2, not " + context);
        if (bucket < 1 || bucket > context)
            throw new InvalidRequestException(
                    "bucket",
                    "must be between 1 and the context of " + context + ", not " + bucket);
    }

    /// The beginnings of documents, as ids.
    ///
    /// @param texts `context` ids each
    /// @param bytes per text, the UTF-8 bytes of the tokens in each bucket
    /// @param shorter documents that were left out
    /// @param longest tokens in the longest document that was met
    public record Selection(List<int[]> texts, List<long[]> bytes, int shorter, int longest) {}

    /// Tokens at positions `[from, to)`, over all documents.
    public record Bucket(int from, int to, long tokens, long bytes, double nats) {
        public double bitsPerByte() {
            return nats / Math.log(2) / bytes;
        }

        public double bitsPerToken() {
            return nats / Math.log(2) / tokens;
        }
    }

    /// Takes the first `most` documents that are long enough.
    public Selection select(Tokenizer tokenizer, Iterable<String> documents, int most) {
        var texts = new ArrayList<int[]>();
        var bytes = new ArrayList<long[]>();
        int shorter = 0;
        int longest = 0;
        var protocol = new Perplexity(startId, context, context);
        for (String document : documents) {
            if (texts.size() == most) break;
            int[] ids = protocol.withStart(tokenizer.encode(document));
            longest = Math.max(longest, ids.length);
            if (ids.length < context) {
                shorter++;
                continue;
            }
            texts.add(Arrays.copyOf(ids, context));
            bytes.add(bytes(tokenizer, texts.getLast()));
        }
        return new Selection(texts, bytes, shorter, longest);
    }

    /// A character counts where its last byte is.
    private long[] bytes(Tokenizer tokenizer, int[] ids) {
        var bytes = new long[Math.ceilDiv(context, bucket)];
        var decoder = tokenizer.streamingDecoder();
        for (int i = startId.isPresent() ? 1 : 0; i < ids.length; i++)
            bytes[i / bucket] += decoder.accept(ids[i]).getBytes(StandardCharsets.UTF_8).length;
        return bytes;
    }

    /// @param progress hears how many tokens of the selection are through
    public List<Bucket> measure(Backend backend, Selection selection, LongConsumer progress) {
        var nats = measureEach(backend, selection, progress);
        var buckets = new ArrayList<Bucket>();
        for (int i = 0; i < Math.ceilDiv(context, bucket); i++) {
            long bytes = 0;
            for (long[] of : selection.bytes()) bytes += of[i];
            double sum = 0;
            for (double[] of : nats) sum += of[i];
            int from = i * bucket;
            int to = Math.min(context, from + bucket);
            long tokens = (long) nats.size() * (to - Math.max(1, from));
            buckets.add(new Bucket(from, to, tokens, bytes, sum));
        }
        return buckets;
    }

    /// Of each text, the nats of the tokens in each bucket; token 0 is not predicted.
    ///
    /// @param progress hears how many tokens of the selection are through
    public List<double[]> measureEach(Backend backend, Selection selection, LongConsumer progress) {
        var each = new ArrayList<double[]>();
        new Perplexity(startId, context, context).check(backend);
        try (var scorer = new Scorer(backend, context)) {
            var reader = new Reader(scorer, progress);
            for (int[] text : selection.texts()) each.add(reader.read(text));
        }
        return each;
    }

    private final class Reader implements Windows.Reader {
        private final Scorer scorer;
        private final LongConsumer progress;
        private final double[] stepNats;
        private int[] ids = new int[0];
        private double[] nats = new double[0];
        private long done;

        Reader(Scorer scorer, LongConsumer progress) {
            this.scorer = scorer;
            this.progress = progress;
            stepNats = new double[Scorer.rows(scorer.vocab())];
        }

        double[] read(int[] text) {
            ids = text;
            nats = new double[Math.ceilDiv(context, bucket)];
            new Windows(context, context).read(context, stepNats.length, this);
            return nats;
        }

        @Override
        public boolean restart() {
            scorer.restart();
            return true;
        }

        @Override
        public boolean step(int from, int to, boolean wanted) {
            scorer.append(ids, from, to, to - from);
            scorer.surprise(ids, to, to - from, stepNats);
            for (int row = 0; row < to - from; row++)
                nats[(from + 1 + row) / bucket] += stepNats[row];
            done += to - from;
            progress.accept(done);
            return true;
        }
    }
}
