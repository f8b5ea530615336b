package chuan.cli;

import chuan.eval.report.ExaminationFile;
import chuan.eval.report.HtmlReport;
import chuan.eval.report.Report;
import chuan.eval.report.TextReport;
import chuan.files.AtomicFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `chuan eval report`: what a run says.
@Command(
        name = "report",
        description = {
            "Shows what a run of chuan eval --out says, as text or as one HTML page.",
            "Tables in the layout of the published ones with these beside, intervals, calibration, choice of letters."
        },
        mixinStandardHelpOptions = true)
final class EvalReportCommand implements Callable<Integer> {
    private final Streams streams;

    @Parameters(paramLabel = "RUN.json", description = "Result of chuan eval --out.")
    Path run = Path.of("");

    @Option(
            names = "--html",
            paramLabel = "PAGE",
            description = "Write a page that opens from the disk and needs no network.")
    @Nullable Path html;

    @Option(
            names = "--texts",
            description =
                    "Put what the model wrote into the page. Licences of most sets forbid to pass"
                            + " their questions on, and answers may repeat them.")
    boolean texts;

    @Option(names = "--json", description = "The figures as one JSON object.")
    boolean json;

    @Mixin BootstrapOptions bootstrap = new BootstrapOptions();

    EvalReportCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws IOException {
        if (texts && html == null) throw new CliException("--texts: only with --html");
        var report = Report.of(ExaminationFile.read(run), bootstrap.get());
        if (html != null) AtomicFile.writeText(html, HtmlReport.of(report, texts));
        if (json) streams.out().println(Json.line(report.values()));
        else if (html == null) streams.out().print(TextReport.of(report, true));
        return 0;
    }
}
