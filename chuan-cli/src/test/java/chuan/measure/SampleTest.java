package chuan.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class SampleTest {
    @Test
    void medianIsTheMiddleOrTheMeanOfTwo() {
        assertThat(Sample.of(3, 1, 2).median()).isEqualTo(2);
        assertThat(Sample.of(4, 1, 2, 3).median()).isEqualTo(2.5);
        assertThat(Sample.of(7).median()).isEqualTo(7);
    }

    @Test
    void spreadAndOrder() {
        var sample = Sample.of(3, 1, 2);
        assertThat(sample.least()).isEqualTo(1);
        assertThat(sample.most()).isEqualTo(3);
        assertThat(sample.values()).containsExactly(3.0, 1.0, 2.0);
    }

    @Test
    void roundsAreComparedOneByOne() {
        assertThat(Sample.of(4, 9).over(Sample.of(2, 3)).values()).containsExactly(2.0, 3.0);
        assertThatThrownBy(() -> Sample.of(1).over(Sample.of(1, 2)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Sample(List.of())).hasMessageContaining("nothing");
    }
}
