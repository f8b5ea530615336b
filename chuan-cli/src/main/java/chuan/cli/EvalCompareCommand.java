package chuan.cli;

import chuan.eval.report.ExaminationFile;
import chuan.eval.report.HtmlComparison;
import chuan.eval.report.RunComparison;
import chuan.files.AtomicFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `chuan eval compare`: two runs over the same questions.
@Command(
        name = "compare",
        description = {
            "Compares two runs of chuan eval --out question by question.",
            "Difference with interval, McNemar's test, which answers changed. Runs that did not ask the same are refused."
        },
        mixinStandardHelpOptions = true)
final class EvalCompareCommand implements Callable<Integer> {
    private final Streams streams;

    @Parameters(index = "0", paramLabel = "A.json", description = "The first run, the measure.")
    Path first = Path.of("");

    @Parameters(index = "1", paramLabel = "B.json", description = "The second run.")
    Path second = Path.of("");

    @Option(
            names = "--html",
            paramLabel = "PAGE",
            description = "Write a page that opens from the disk and needs no network.")
    @Nullable Path html;

    @Option(names = "--json", description = "The figures as one JSON object.")
    boolean json;

    @Mixin BootstrapOptions bootstrap = new BootstrapOptions();

    EvalCompareCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws IOException {
        var comparison =
                RunComparison.of(
                        ExaminationFile.read(first), ExaminationFile.read(second), bootstrap.get());
        if (html != null) AtomicFile.writeText(html, HtmlComparison.of(comparison));
        if (json) streams.out().println(Json.line(comparison.values()));
        else if (html == null) streams.out().print(comparison.text());
        return 0;
    }
}
