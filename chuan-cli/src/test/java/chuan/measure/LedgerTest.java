package chuan.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import chuan.files.DType;
import chuan.kernel.LimitLoop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LedgerTest {
    @TempDir Path folder;

    private static Setup setup() {
        return new Setup(
                "2026-11-25T21:00:00Z",
                "abc1234",
                new Machine("Some CPU", List.of("avx2", "fma"), 2, 24_000_000_000L, "madvise"),
                "chuan bench --model m.gguf",
                "m.gguf",
                DType.PANEL4,
                "avx2",
                "int8",
                "f16",
                "auto",
                2,
                new ModelWork(1000, 600, 500, 800, 200, 4));
    }

    private static Interleaved.Turns turns(double... rates) {
        return new Interleaved.Turns(Sample.of(rates), Sample.of(1, 2, 3));
    }

    @Test
    void aRowHoldsWhatIsNeededToRepeatAndToJudge() throws IOException {
        var limits = new MachineLimits(2, 2e4, 1e6, LimitLoop.SHORT_256);
        var result =
                new Interleaved.Result(
                        new SpeedCase(0, 1, 0, 1), 1.25, turns(20, 10, 30), List.of());
        var report = new Report(setup(), result, limits, List.of(), 0.25);
        assertThat(report.share()).isCloseTo(20 * 503 / 2e4, within(1e-12));
        var ledger = new Ledger(folder.resolve("ledger.jsonl"));
        for (int i = 0; i < 2; i++) for (var row : report.rows()) ledger.append(row);
        assertThat(ledger.rows()).hasSize(2);
        var row = ledger.rows().getLast();
        assertThat(row.get("date").asString()).isEqualTo("2026-11-25");
        assertThat(row.get("commit").asString()).isEqualTo("abc1234");
        assertThat(row.get("machine").asString()).startsWith("Some CPU, 2 cores, Java ");
        assertThat(row.get("features").asString()).isEqualTo("avx2 fma");
        assertThat(row.get("format").asString()).isEqualTo("int4");
        assertThat(row.get("what").asString()).isEqualTo("tg1");
        assertThat(row.get("load").asDouble()).isEqualTo(1.25);
        assertThat(row.get("rounds").asInt()).isEqualTo(3);
        assertThat(row.get("median").asDouble()).isEqualTo(20);
        assertThat(row.get("spread").toString()).isEqualTo("[10.0,30.0]");
        assertThat(row.get("values").toString()).isEqualTo("[20.0,10.0,30.0]");
        assertThat(row.get("cpu_seconds").asDouble()).isEqualTo(2);
        assertThat(row.get("limit_of").asString()).isEqualTo("streaming read");
        assertThat(row.get("share").asDouble()).isEqualTo(0.503);
        assertThat(row.get("pages_skipped").asDouble()).isEqualTo(0.25);
        assertThat(row.has("peer")).isFalse();
    }

    @Test
    void promptsAreMeasuredAgainstTheMultipliers() {
        var limits = new MachineLimits(2, 1, 41_000, LimitLoop.VNNI_512);
        var result =
                new Interleaved.Result(new SpeedCase(10, 0, 0, 1), 0, turns(25, 25, 25), List.of());
        var report = new Report(setup(), result, limits, List.of(), Double.NaN);
        assertThat(report.share()).isCloseTo(0.5, within(1e-12));
        var row = report.rows().getFirst();
        assertThat(row.get("limit_of")).isEqualTo("multiply-add in registers, 8 bits, AVX512-VNNI");
        assertThat(row).doesNotContainKey("pages_skipped");
    }

    @Test
    void aBrokenLineIsNamed() throws IOException {
        Path file = folder.resolve("broken.jsonl");
        Files.writeString(file, "{\"a\": 1}\n\n[1]\n");
        assertThatThrownBy(() -> new Ledger(file).rows()).hasMessageContaining("line 3");
        assertThatThrownBy(() -> new Ledger(folder.resolve("none")).rows())
                .isInstanceOf(IOException.class);
    }

    /// What this repository has measured so far can be read.
    @Test
    void theLedgerOfTheRepository() throws IOException {
        var file = Path.of(System.getProperty("chuan.root"), "bench/ledger.jsonl");
        for (var row : new Ledger(file).rows())
            for (String key : List.of("date", "commit", "machine", "command", "what", "median"))
                assertThat(row.has(key)).as("%s in %s", key, row).isTrue();
    }
}
