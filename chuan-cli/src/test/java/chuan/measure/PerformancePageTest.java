package chuan.measure;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The page made from a small ledger.
class PerformancePageTest {
    @TempDir Path folder;

    /// A line as `chuan bench` writes it; `more` begins with a comma.
    private static String speed(
            String model,
            String kernels,
            int prompt,
            int generate,
            int depth,
            int batch,
            double median,
            String more) {
        String what = new SpeedCase(prompt, generate, depth, batch).label();
        return """
        {"date":"2026-11-25","run":"2026-11-25T21:00:00Z","commit":"abc1234","machine":"Some CPU, 2 cores, Java 25",\
        "features":"avx2 fma","memory_gb":24.0,"huge_pages":"madvise","command":"chuan bench","model":"%s",\
        "format":"q4_0","kernels":"%s","activations":"int8","kv":"f16","threads":2,"kv_bytes_per_token":800000,\
        "what":"%s","unit":"tokens/s","prompt":%d,"generate":%d,"depth":%d,"batch":%d,"load":0.5,"rounds":3,\
        "median":%s,"spread":[%s,%s],"cpu_seconds":1.5,"throughput":10,"throughput_unit":"GB/s"%s}
        """
                .formatted(
                        model, kernels, what, prompt, generate, depth, batch, median, median,
                        median, more);
    }

    private static String peer(String name, String instructions, double ratio) {
        return ",\"peer\":\"%s 1.0\",\"peer_instructions\":\"%s\",\"peer_median\":5,\"peer_spread\":[4,6],\"ratio\":%s,\"ratio_spread\":[1,2],\"ratio_per_cpu_second\":1.1"
                .formatted(name, instructions, ratio);
    }

    private PerformancePage.Made page(String... lines) throws IOException {
        Path file = folder.resolve("ledger.jsonl");
        Files.writeString(file, String.join("", lines));
        return PerformancePage.of(new Ledger(file).rows());
    }

    @Test
    void theBestOtherProgramCounts() throws IOException {
        var made =
                page(
                        speed("m", "avx2", 512, 0, 0, 1, 50, peer("llama.cpp", "AVX2", 2.5)),
                        speed("m", "avx2", 512, 0, 0, 1, 50, peer("ik_llama.cpp", "AVX2", 1.4)),
                        speed(
                                "m",
                                "amx",
                                512,
                                0,
                                0,
                                1,
                                90,
                                peer("llama.cpp", "AVX2 AVX512 AMX_INT8", 1.31)),
                        speed(
                                "m",
                                "avx2",
                                512,
                                0,
                                0,
                                1,
                                50,
                                peer("llama.cpp", "AVX2 AVX512", 0.4)));
        assertThat(made.text())
                .contains(
                        "4 bits, AVX2: prompts 1.5 times as fast as the best other program | 1.40 (m, avx2 against ik_llama.cpp) | **missed** |")
                .contains(
                        "4 bits, AVX2: prompts twice as fast as llama.cpp | 2.50 (m, avx2 against llama.cpp) | reached |")
                .contains("the best other program | 1.31 (m, amx against llama.cpp) | reached |")
                .contains("8 bits, AVX2: prompts twice as fast as llama.cpp | not measured |  |")
                .contains("llama.cpp 1.0, AMX_INT8");
    }

    @Test
    void theNewestRowOfASubjectIsShown() throws IOException {
        var made =
                page(
                        speed("13b-int4.gguf", "amx", 0, 64, 0, 1, 1.25, ",\"share\":0.7"),
                        speed("13b-int4.gguf", "amx", 0, 64, 0, 1, 2.5, ",\"share\":0.86"));
        assertThat(made.text())
                .contains("2.50 (2.50 to 2.50)")
                .doesNotContain("1.25")
                .contains(
                        "4 bits, 13B: generating at 85 % of the streaming read | 86 % (13b-int4.gguf, amx) | reached |");
    }

    /// 4,096 tokens of 800,000 bytes at 10 GB/s take 0.328 s: 0.5 s without, 0.9 s with them.
    @Test
    void depthsAndBatchesAreComparedWithinARun() throws IOException {
        var made =
                page(
                        speed("m", "amx", 0, 64, 0, 1, 2, ",\"limit\":10"),
                        speed("m", "amx", 0, 64, 4096, 1, 1 / 0.9, ",\"limit\":10"),
                        speed("m", "amx", 0, 64, 0, 8, 9, ""),
                        speed("m", "amx", 512, 0, 0, 1, 100, ""),
                        speed("m", "amx", 32_768, 0, 0, 1, 60, ""));
        assertThat(made.text())
                .contains("cost their bytes and 15 % more | +22 % (m, amx) | **missed** |")
                .contains("four times as many tokens as one | 4.50 times (m, amx) | reached |")
                .contains("matrix products | 1.67 times (m, amx) | reached |")
                .contains("performance-1-depth.png");
        PerformanceCharts.draw(made.charts(), folder);
        var image = ImageIO.read(folder.resolve("performance-1-depth.png").toFile());
        assertThat(image.getWidth()).isEqualTo(1000);
        assertThat(folder.resolve("performance-1-depth.png.part")).doesNotExist();
    }

    @Test
    void chartsHaveABarForEachMeasurement() throws IOException {
        var made =
                page(
                        speed("m", "avx2", 512, 0, 0, 1, 50, peer("llama.cpp", "AVX2", 2.5)),
                        speed("m", "avx2", 0, 64, 0, 1, 50, peer("ik_llama.cpp", "AVX2", 1.4)));
        assertThat(made.charts()).hasSize(1);
        PerformanceCharts.draw(made.charts(), folder);
        assertThat(folder.resolve("performance-1-peers.png")).isNotEmptyFile();
    }

    /// The page of the repository is what its ledger says.
    @Test
    void thePageOfTheRepositoryIsUpToDate() throws IOException {
        Path root = Path.of(System.getProperty("chuan.root"));
        var made = PerformancePage.of(new Ledger(root.resolve("bench/ledger.jsonl")).rows());
        assertThat(Files.readString(root.resolve("docs/performance.md"))).isEqualTo(made.text());
        for (var chart : made.charts())
            assertThat(root.resolve("docs/images").resolve(chart.file())).exists();
    }
}
