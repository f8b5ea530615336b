package chuan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ProgressLineTest {
    @Test
    void saysHowFarHowFastAndHowLongStill() {
        assertThat(ProgressLine.text("reading", "tokens", 250, 1000, 10))
                .isEqualTo("reading: 25 % of 1,000 tokens, 25/s, 0:30 left");
        assertThat(ProgressLine.text("reading", "tokens", 5000, 0, 10))
                .isEqualTo("reading: 5,000 tokens, 500/s");
        assertThat(ProgressLine.text("reading", "tokens", 0, 1000, 0)).contains("0 %");
    }
}
