package chuan.train;

import chuan.model.BatchShape;
import chuan.tokenizer.Tokenizer;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/// Text that is measured and never learned from.
///
/// @param name under which the result is reported
/// @param batches always the same ones
/// @param bytesPerLabel UTF-8 bytes of text that one predicted token stands for, 0 where bytes mean
///   nothing (answers of a chat)
record HeldOutSet(String name, Batches batches, double bytesPerLabel) {
    /// Starts again at every call.
    interface Batches {
        Stream<TrainBatch> stream();
    }

    /// @param nats mean loss of a token
    /// @param bitsPerByte 0 where there are no bytes
    record Result(double nats, double bitsPerByte) {
        @Override
        public String toString() {
            return bitsPerByte > 0
                    ? String.format(Locale.ROOT, "%.3f bits/byte", bitsPerByte)
                    : String.format(Locale.ROOT, "loss %.3f", nats);
        }
    }

    Result measure(Learner learner) {
        double[] sum = new double[2];
        batches.stream()
                .forEach(batch -> {
                    sum[0] += learner.loss(batch);
                    sum[1] += batch.labelledRows().length;
                });
        double nats = sum[0] / sum[1];
        return new Result(nats, bytesPerLabel == 0 ? 0 : nats / Math.log(2) / bytesPerLabel);
    }

    /// The first `tokens` of a shard (0: all of it) in windows side by side, without overlap: a
    /// token sees what precedes it in its window. Bits count all tokens, end tokens included; bytes
    /// are those of the text.
    ///
    /// @param tokenizer turns tokens into bytes; without one, no bits per byte
    static HeldOutSet of(
            String name,
            TokenSource source,
            Optional<Tokenizer> tokenizer,
            TrainConfig.Batch batch,
            long tokens) {
        int length = batch.tokens();
        long windows = (source.tokens() - 1) / length;
        if (tokens > 0) {
            windows = Math.min(windows, Math.max(1, tokens / length));
        }
        long count = windows;
        if (count < 1) {
            throw new TrainingException(
                    source.name() + ": shorter than one sequence of " + length + " tokens");
        }
        int sequences = batch.sequences();
        long measured = tokens == 0 ? source.tokens() : count * length;
        return new HeldOutSet(
                name,
                () ->
                        Stream.iterate(0L, from -> from < count, from -> from + sequences)
                                .map(from ->
                                        windows(
                                                source,
                                                from,
                                                (int) Math.min(sequences, count - from),
                                                length)),
                tokenizer.map(t -> source.textBytes(measured, t) / (double) measured).orElse(0.0));
    }

    private static TrainBatch windows(TokenSource source, long first, int sequences, int length) {
        var ids = new int[sequences * length];
        var labels = new int[ids.length];
        var segments = new int[ids.length];
        source.copy(first * length, ids, 0, ids.length);
        source.copy(first * length + 1, labels, 0, labels.length);
        for (int s = 0; s < sequences; s++) {
            Segments.number(ids, s * length, length, Pretrain.END_TOKEN, segments);
        }
        return new TrainBatch(new BatchShape(sequences, length, segments), ids, labels);
    }
}
