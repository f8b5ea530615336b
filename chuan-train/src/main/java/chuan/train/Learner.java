package chuan.train;

import java.util.SequencedMap;

/// A model in training on some back end, with its optimizer. The same numbers come from all of them
/// up to rounding, and the same files go in and out: a run may change back ends at a checkpoint.
///
/// One thread only.
interface Learner extends AutoCloseable {
    /// One sentence for people: what computes, in which number format.
    String description();

    /// Adds the gradients of `loss sum / labels` to those that are there.
    ///
    /// @param labels of the whole step, over all its batches
    /// @return the sum of this batch's losses in nats
    double backward(TrainBatch batch, long labels);

    /// The sum of a batch's losses in nats, no gradients.
    double loss(TrainBatch batch);

    /// Ends a step: scales the gradients down to the configured norm, updates all parameters, and
    /// forgets the gradients.
    ///
    /// @return the norm of all gradients together, before
    double step(double learningRate);

    /// By official names, in the order of the weight table.
    SequencedMap<String, FloatTensor> parameters();

    /// What [#backward] has added up since the last step; only after one.
    SequencedMap<String, FloatTensor> gradients();

    /// The state of the optimizer, what a checkpoint keeps beside the parameters: `first.NAME` and
    /// `second.NAME` of AdamW, `momentum.NAME` of Muon.
    SequencedMap<String, FloatTensor> moments();

    /// Goes on as after so many steps.
    void resumeAt(long steps);

    /// Number of scalars.
    default long count() {
        return parameters().values().stream().mapToLong(FloatTensor::count).sum();
    }

    @Override
    void close();
}
