package chuan.train;

import java.util.List;

/// Gives sequences in an order that the seed decides, and can go on where another reader stopped.
interface SampleReader {
    /// The next `sequences` of the order.
    TrainBatch next(int sequences);

    /// Where the order is now.
    State state();

    /// Goes to a state that an equally made reader had.
    void resume(State state);

    /// Sequences in one pass over all data.
    long sequencesPerEpoch();

    /// @param drawn sequences taken of each source so far
    record State(List<Long> drawn) {
        public State {
            drawn = List.copyOf(drawn);
        }

        long total() {
            return drawn.stream().mapToLong(Long::longValue).sum();
        }
    }
}
