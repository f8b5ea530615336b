package chuan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A .gguf file wherever a model folder is taken.
class GgufCommandsTest {
    private static final Path GOLDEN = CommandLineRun.root().resolve("testdata/golden/gguf");

    @ParameterizedTest
    @CsvSource({
        "baichuan-alibi40/Q4_0, 'GGUF version 3, baichuan, Q4_0', alibi, baichuan with 40 layers",
        "baichuan-rope32/Q8_0, 'GGUF version 3, baichuan, Q8_0', 'rope, theta 10000.0', 32 layers",
        "llama-gqa/F16, 'GGUF version 3, llama, F16', 'rope, theta 10000.0', architecture llama",
        "llama-gqa-256/Q4_K_M, 'GGUF version 3, llama, Q4_K_M', 'rope, theta 10000.0', llama"
    })
    void inspectNamesFormatPositionAndTypes(
            String name, String format, String position, String reason) throws Exception {
        String file = GOLDEN.resolve("models").resolve(name + ".gguf").toString();
        var run = CommandLineRun.of("inspect", file, "--json");
        assertThat(run.err()).isEmpty();
        var report = Json.mapper().readTree(run.out());
        assertThat(report.get("format").stringValue()).isEqualTo(format);
        assertThat(report.get("position").stringValue()).isEqualTo(position);
        assertThat(report.get("positionReason").stringValue()).contains(reason);
        assertThat(report.get("tokenizer").booleanValue()).isTrue();
        assertThat(report.get("weightBytes").longValue()).isLessThan(Files.size(Path.of(file)));
        System.out.println(name + ": " + report.get("numberTypes"));
        if (name.endsWith("Q4_K_M"))
            assertThat(report.get("numberTypes").toString())
                    .isEqualTo("{\"F32\":5,\"Q4_K\":13,\"Q6_K\":3}");
    }

    @Test
    void tokenizeAndGenerateNeedNothingElse() {
        String file = GOLDEN.resolve("models/llama-gqa-256/Q4_K_M.gguf").toString();
        var ids = CommandLineRun.withInput("hello world\n", "tokenize", "-m", file);
        assertThat(ids.out().strip()).isEqualTo("412 270 422 422 414 412 459 414 418 422 419");
        var run =
                CommandLineRun.of(
                        "generate", "-m", file, "--prompt", "hello", "--max-tokens", "4", "--json");
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
    }

    @Test
    void everyDamagedFileIsOneLine() throws Exception {
        var table = Files.readString(GOLDEN.resolve("broken/broken.json"));
        int refused = 0;
        for (var entry : Json.mapper().readTree(table)) {
            String file =
                    GOLDEN.resolve("broken").resolve(entry.get("file").stringValue()).toString();
            var run = CommandLineRun.of("logits", "-m", file, "--ids", "1 4");
            var expected = entry.get("expect").stringValue();
            if (run.code() == 0) {
                assertThat(expected).as(file).isIn(List.of("load", "either"));
                continue;
            }
            assertThat(expected).as(file).isIn(List.of("refuse", "either"));
            assertThat(run.code()).as(file).isEqualTo(2);
            assertThat(run.out()).isEmpty();
            assertThat(run.err().lines()).as(run.err()).hasSize(1);
            assertThat(run.err()).contains(file).doesNotContain("Exception");
            refused++;
        }
        assertThat(refused).isGreaterThanOrEqualTo(29);
    }
}
