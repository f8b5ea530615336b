package chuan.eval.run;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.eval.Result;
import chuan.eval.Verdict;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FiguresTest {
    /// Values of `torch.tensor(x).bfloat16().item()`.
    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "1.00390625, 1",
        "1.01171875, 1.015625",
        "1.005, 1.0078125",
        "-3.1415927, -3.140625",
        "100.25, 100.0",
        "100.75, 101.0",
        "1e-40, 9.183549615799121e-41"
    })
    void roundingIsThatOfTorch(double value, double rounded) {
        assertThat((float) Figures.toBf16(value)).isEqualTo((float) rounded);
    }

    private static Result result(int promptTokens, int dropped, double... scores) {
        List<Double> list = Arrays.stream(scores).boxed().toList();
        var verdict = new Verdict(Verdict.Outcome.ANSWERED, "A", 1, list);
        return new Result(
                "t",
                "s",
                0,
                "",
                5,
                dropped,
                List.of("A"),
                verdict,
                List.of(),
                "",
                promptTokens,
                0,
                0);
    }

    @Test
    void tiesCutsAndDroppedExamplesAreCounted() {
        var results = new ArrayList<Result>();
        results.add(result(100, 0, 1, 2, 3, 4)); // clear
        results.add(result(101, 0, 8, 8.01, 1, 2)); // ties, and A would be chosen instead of B
        results.add(result(102, 2, 8.01, 8, 1, 2)); // ties, A stays
        results.add(result(500, 1, 2, 2, 9, 3)); // a tie that is not at the top
        assertThat(new Figures(results, OptionalInt.of(101), true).facts())
                .containsExactly(
                        Map.entry("questions", 4),
                        Map.entry("questions with dropped examples", 2L),
                        Map.entry("prompts cut from the left", 2L),
                        Map.entry("best letters tie in bf16", 2L),
                        Map.entry("choices that bf16 would change", 1L));
        assertThat(new Figures(results, OptionalInt.empty(), false).facts()).hasSize(2);
    }

    @Test
    void lettersThatNobodyReportedAreCounted() {
        double none = Double.NEGATIVE_INFINITY;
        var results = List.of(result(1, 0, 1, 2), result(1, 0, 1, none), result(1, 0, none, none));
        assertThat(new Figures(results, OptionalInt.empty(), false).facts())
                .containsEntry("questions with options of unknown score", 1L);
    }
}
