package chuan.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import chuan.cpu.CpuBackend;
import chuan.cpu.CpuOptions;
import chuan.files.DType;
import chuan.files.QuantType;
import chuan.kernel.LimitLoop;
import chuan.model.KvType;
import chuan.model.ModelConfig;
import chuan.model.Position;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What is timed, in which order, and how the work is counted.
class SpeedTest {
    private static final ModelConfig TINY =
            ModelConfig.baichuan(320, 64, 96, 2, 2, new Position.Alibi());

    @Test
    void casesAreNamedAsLlamaBenchDoes() {
        assertThat(new SpeedCase(512, 0, 0, 1).label()).isEqualTo("pp512");
        assertThat(new SpeedCase(0, 64, 4096, 1).label()).isEqualTo("tg64 @ d4096");
        assertThat(new SpeedCase(0, 64, 0, 8).label()).isEqualTo("tg64 x 8");
        assertThatThrownBy(() -> new SpeedCase(1, 1, 0, 1)).hasMessageContaining("either");
    }

    /// 40 layers of 15,360 x 5,120 + 5,120 x 5,120 + 3 x 13,696 x 5,120; 4.5 bits and fp16 keys and
    /// values as `chuan inspect` counts them.
    @Test
    void workOfThe13B() {
        var work =
                ModelWork.of(
                        ModelConfig.baichuan13b(),
                        KvType.F16,
                        ModelWork.typed(DType.PANEL4, DType.PANEL8));
        assertThat(work.parameters()).isEqualTo(13_264_901_120L);
        assertThat(work.blockMultiplyAdds()).isEqualTo(12_609_126_400L);
        assertThat(work.headMultiplyAdds()).isEqualTo(327_680_000L);
        assertThat(work.kvBytes()).isEqualTo(2 * 2 * 40 * 5120);
        assertThat(work.readBytes()).isEqualTo(work.weightBytes() - 64_000L * 5120 * 34 / 32);
        var atFourThousand = new SpeedCase(0, 1, 4095, 1);
        assertThat(work.bytesPerToken(atFourThousand, 0))
                .isEqualTo(work.readBytes() + 4096.0 * 819_200);
        assertThat(work.bytesPerToken(new SpeedCase(0, 1, 0, 8), 0.5))
                .isEqualTo(work.readBytes() / 8.0 + 409_600);
        assertThat(work.multiplyAddsPerToken(new SpeedCase(512, 0, 0, 1)))
                .isEqualTo(12_609_126_400.0 + 640_000);
    }

    @Test
    void weightsMadeUpInMemoryRunInEveryType() {
        for (var type : QuantType.values()) {
            var made = new ArrayList<Long>();
            var weights = SyntheticBackend.weights(TINY, type, 2, made::add);
            var work =
                    ModelWork.of(
                            TINY, KvType.F16, ModelWork.typed(type.matrices(), type.embeddings()));
            assertThat(made.getLast()).isEqualTo(work.weightBytes() - 5L * 64 * Float.BYTES);
            try (var backend = new CpuBackend(TINY, weights, CpuOptions.defaults());
                    var cache = backend.newCache(8)) {
                var logits = new float[TINY.vocab()];
                backend.forward(cache, new int[] {3, 4, 5}, 0, 3, 1, logits);
                for (float logit : logits) assertThat(logit).isFinite();
                assertThat(logits[0]).isNotZero();
            }
        }
    }

    @Test
    void backEndsAreTimedAtDepthAndInBatches() {
        var cases =
                List.of(
                        new SpeedCase(20, 0, 0, 1),
                        new SpeedCase(0, 6, 10, 3),
                        new SpeedCase(0, 2, 4, 1));
        var weights = SyntheticBackend.weights(TINY, QuantType.INT4, 1, _ -> {});
        var told = new ArrayList<Long>();
        try (var backend = new CpuBackend(TINY, weights, CpuOptions.defaults());
                var subject = new BackendSubject(backend, cases, told::add)) {
            for (int round = 0; round < 2; round++)
                for (var c : cases) {
                    var timing = subject.time(c);
                    assertThat(timing.seconds()).isPositive();
                    assertThat(timing.cpuSeconds()).isNotNegative();
                }
            assertThat(subject.takeSkipped()).isNaN(); // no page is whole yet
            assertThat(told).isNotEmpty().allSatisfy(t -> assertThat(t).isBetween(1L, 18L));
        }
    }

    @Test
    void othersTakeTurnsAndStayOutOfBatches() throws IOException {
        var order = new StringBuilder();
        var own = new Scripted("a", 0.5, order);
        var peer = new Scripted("b", 1, order);
        var done = new ArrayList<Long>();
        var run = new Interleaved(own, List.of(peer), done::add);
        var result = run.measure(new SpeedCase(0, 10, 0, 1), 3);
        assertThat(order.toString()).isEqualTo("aab" + "ababab");
        assertThat(result.own().rate().values()).containsExactly(20.0, 20.0, 20.0);
        assertThat(result.peers()).hasSize(1);
        assertThat(result.peers().getFirst().rate().median()).isEqualTo(10);
        assertThat(done).containsExactly(10L, 10L, 10L);
        assertThat(run.measure(new SpeedCase(0, 10, 0, 8), 1).peers()).isEmpty();
    }

    private record Scripted(String name, double seconds, StringBuilder order) implements Subject {
        @Override
        public Timing time(SpeedCase speedCase) {
            order.append(name);
            return new Timing(seconds, seconds);
        }

        @Override
        public void close() {}
    }

    @Test
    void limitsAreThoseOfTheInstructionsInUse() {
        assertThat(LimitChoice.candidates("avx2", DType.PANEL4, true))
                .containsExactly(LimitLoop.SHORT_256);
        assertThat(LimitChoice.candidates("avx2", DType.Q8_0, true))
                .containsExactly(LimitLoop.INT_256);
        assertThat(LimitChoice.candidates("amx", DType.PANEL8, true))
                .containsExactly(LimitLoop.TILES);
        assertThat(LimitChoice.candidates("avx2", DType.PANEL4, false))
                .containsExactly(LimitLoop.FLOAT_256);
        assertThat(LimitChoice.candidates("emitted", DType.BF16, true))
                .contains(LimitLoop.FLOAT_512);
    }

    /// A core of any year reads more than 100 MB and multiplies more than 10^9 numbers a second.
    @Test
    void limitsOfThisMachine() {
        var loop = LimitChoice.of("vector", DType.F32, false);
        var limits = MachineLimits.measure(1, loop);
        System.out.println(limits);
        assertThat(limits.readBytes()).isBetween(1e8, 1e13);
        if (limits.loop() != null) assertThat(limits.multiplyAdds()).isBetween(1e9, 1e14);
        var better = limits.best(new MachineLimits(1, 1e14, 1, loop));
        assertThat(better.readBytes()).isCloseTo(1e14, within(1.0));
        assertThat(better.multiplyAdds()).isEqualTo(Math.max(1, limits.multiplyAdds()));
    }
}
