package chuan.train;

import chuan.model.BatchShape;
import java.util.List;
import java.util.SplittableRandom;

/// Draws fixed-length windows from token shards, each shard in a shuffled order that starts anew
/// every epoch, the shards mixed by their weights. Everything follows from the seed and from how
/// many windows were drawn, so a position is a few numbers.
final class ShardReader implements SampleReader {
    private final List<TokenSource> sources;
    private final double[] shares;
    private final int tokens;
    private final int endToken;
    private final long seed;
    private final long[] drawn;
    private final Order[] orders;
    private long total;

    /// The shuffled windows of one shard in one epoch.
    private record Order(long epoch, long offset, int[] windows) {}

    /// @param weights of the sources in the mixture, in their order
    /// @param tokens of a window
    /// @param endToken that closes a document
    ShardReader(List<TokenSource> sources, double[] weights, int tokens, int endToken, long seed) {
        this.sources = List.copyOf(sources);
        this.tokens = tokens;
        this.endToken = endToken;
        this.seed = seed;
        drawn = new long[sources.size()];
        orders = new Order[sources.size()];
        double sum = 0;
        for (double weight : weights) {
            sum += weight;
        }
        shares = new double[weights.length];
        for (int i = 0; i < shares.length; i++) {
            shares[i] = weights[i] / sum;
            if (windows(i) < 1) {
                throw new TrainingException(
                        "%s: %d tokens, fewer than two sequences of %d"
                                .formatted(sources.get(i).name(), sources.get(i).tokens(), tokens));
            }
        }
    }

    /// One window less than fit, so that an epoch can start at any token of the first one; one
    /// token more than a window is read, for the last label.
    private long windows(int source) {
        return (sources.get(source).tokens() - 1) / tokens - 1;
    }

    @Override
    public TrainBatch next(int sequences) {
        int rows = Math.multiplyExact(sequences, tokens);
        var ids = new int[rows];
        var labels = new int[rows];
        var segments = new int[rows];
        var window = new int[tokens + 1];
        for (int s = 0; s < sequences; s++) {
            int at = s * tokens;
            read(window);
            System.arraycopy(window, 0, ids, at, tokens);
            System.arraycopy(window, 1, labels, at, tokens);
            Segments.number(ids, at, tokens, endToken, segments);
        }
        return new TrainBatch(new BatchShape(sequences, tokens, segments), ids, labels);
    }

    private void read(int[] window) {
        int source = choose();
        long windows = windows(source);
        long epoch = drawn[source] / windows;
        Order order = orders[source];
        if (order == null || order.epoch() != epoch) {
            order = shuffle(source, epoch);
            orders[source] = order;
        }
        int place = order.windows()[Math.toIntExact(drawn[source] % windows)];
        sources.get(source).copy(order.offset() + (long) place * tokens, window, 0, tokens + 1);
        drawn[source]++;
        total++;
    }

    private int choose() {
        double pick = new SplittableRandom(seed ^ (0x9E3779B97F4A7C15L * (total + 1))).nextDouble();
        for (int i = 0; i < shares.length - 1; i++) {
            pick -= shares[i];
            if (pick < 0) {
                return i;
            }
        }
        return shares.length - 1;
    }

    private Order shuffle(int source, long epoch) {
        var random = new SplittableRandom(seed + 31L * source + 1_000_003L * epoch);
        var order = new int[Math.toIntExact(windows(source))];
        for (int i = 0; i < order.length; i++) {
            int j = random.nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return new Order(epoch, random.nextInt(tokens), order);
    }

    @Override
    public State state() {
        return new State(java.util.Arrays.stream(drawn).boxed().toList());
    }

    @Override
    public void resume(State state) {
        if (state.drawn().size() != drawn.length) {
            throw new TrainingException(
                    "the checkpoint has read %d files, data.train lists %d"
                            .formatted(state.drawn().size(), drawn.length));
        }
        for (int i = 0; i < drawn.length; i++) {
            drawn[i] = state.drawn().get(i);
        }
        total = state.total();
    }

    @Override
    public long sequencesPerEpoch() {
        long sum = 0;
        for (int i = 0; i < shares.length; i++) {
            sum += windows(i);
        }
        return sum;
    }
}
