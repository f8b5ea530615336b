package chuan.cli;

import chuan.measure.Ledger;
import chuan.measure.PerformanceCharts;
import chuan.measure.PerformancePage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `chuan bench report`: a page from the ledger.
@Command(
        name = "report",
        description = "Writes a page with tables and charts from a ledger.",
        mixinStandardHelpOptions = true)
final class BenchReportCommand implements Callable<Integer> {
    private final Streams streams;

    @Option(
            names = "--ledger",
            paramLabel = "FILE",
            description = "Default: bench/ledger.jsonl of this installation.")
    @Nullable Path ledger;

    @Option(
            names = {"-o", "--out"},
            paramLabel = "FILE",
            description =
                    "The page; its charts go to images/ beside it. Default: docs/performance.md of"
                            + " this installation.")
    @Nullable Path out;

    BenchReportCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws IOException {
        Path from = ledger == null ? Models.home().resolve("bench/ledger.jsonl") : ledger;
        Path to = out == null ? Models.home().resolve("docs/performance.md") : out;
        var page = PerformancePage.of(new Ledger(from).rows());
        Path images = to.resolveSibling("images");
        Files.createDirectories(images);
        PerformanceCharts.draw(page.charts(), images);
        Path temporary = to.resolveSibling(to.getFileName() + ".part");
        Files.writeString(temporary, page.text());
        Files.move(temporary, to, StandardCopyOption.REPLACE_EXISTING);
        streams.out().printf("%s and %d charts%n", to, page.charts().size());
        return 0;
    }
}
