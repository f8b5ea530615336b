package chuan.train;

import chuan.model.BatchShape;
import java.util.stream.IntStream;

/// Sequences to learn from: `labels[i]` is the token that row `i` should predict, or [#IGNORED].
///
/// @param ids `[sequences * tokens]`
/// @param labels as long as `ids`
public record TrainBatch(BatchShape shape, int[] ids, int[] labels) {
    /// No prediction is asked of this row.
    public static final int IGNORED = -100;

    public TrainBatch {
        if (ids.length != shape.rows() || labels.length != shape.rows()) {
            throw new IllegalArgumentException(
                    "%d ids, %d labels, %d rows"
                            .formatted(ids.length, labels.length, shape.rows()));
        }
    }

    /// The rows that have a label, in order: the only ones whose logits are computed.
    int[] labelledRows() {
        return IntStream.range(0, labels.length).filter(i -> labels[i] != IGNORED).toArray();
    }

    /// What rows should predict.
    int[] labels(int[] rows) {
        return IntStream.of(rows).map(row -> labels[row]).toArray();
    }
}
