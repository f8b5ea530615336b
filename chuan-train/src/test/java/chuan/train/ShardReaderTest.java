package chuan.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ShardReaderTest {
    private static final List<TokenSource> SOURCES =
            List.of(ArraySource.madeUp(2000, 64, 1), ArraySource.madeUp(900, 64, 2));

    private static ShardReader reader(long seed) {
        return new ShardReader(SOURCES, new double[] {3, 1}, 16, Pretrain.END_TOKEN, seed);
    }

    @Test
    void anEpochReadsEveryWindowOnce() {
        int[] ids = IntStream.range(1000, 1000 + 16 * 50 + 1).toArray();
        TokenSource counting = new ArraySource("counting", ids);
        var reader = new ShardReader(List.of(counting), new double[] {1}, 16, 2, 7);
        long windows = reader.sequencesPerEpoch();
        int[] starts =
                IntStream.range(0, (int) windows)
                        .map(_ -> reader.next(1).ids()[0])
                        .sorted()
                        .toArray();
        for (int i = 1; i < starts.length; i++) {
            assertThat(starts[i] - starts[i - 1]).isEqualTo(16);
        }
    }

    @Test
    void labelsAreTheNextTokens() {
        TrainBatch batch = reader(1).next(4);
        for (int row = 0; row < 4; row++) {
            for (int i = 0; i + 1 < 16; i++) {
                assertThat(batch.labels()[row * 16 + i]).isEqualTo(batch.ids()[row * 16 + i + 1]);
            }
        }
    }

    @Test
    void anEndTokenOpensTheNextDocument() {
        var segments = new int[6];
        Segments.number(new int[] {5, 6, 2, 7, 2, 8}, 0, 6, 2, segments);
        assertThat(segments).containsExactly(0, 0, 1, 1, 2, 2);
    }

    @Test
    void aReaderGoesOnWhereAnotherStopped() {
        ShardReader whole = reader(5);
        ShardReader first = reader(5);
        for (int i = 0; i < 90; i++) { // more than an epoch of the smaller shard
            assertThat(first.next(3).ids()).isEqualTo(whole.next(3).ids());
        }
        ShardReader second = reader(5);
        second.resume(first.state());
        for (int i = 0; i < 90; i++) {
            assertThat(second.next(3).ids()).isEqualTo(whole.next(3).ids());
        }
    }

    @Test
    void sourcesAreMixedByTheirWeights() {
        ShardReader reader = reader(11);
        reader.next(4000);
        double share = reader.state().drawn().getFirst() / 4000.0;
        // Three standard deviations of a binomial share.
        assertThat(Math.abs(share - 0.75)).isLessThan(3 * Math.sqrt(0.75 * 0.25 / 4000));
    }
}
