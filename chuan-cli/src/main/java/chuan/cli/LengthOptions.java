package chuan.cli;

import chuan.model.Extension;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Of `chuan perplexity --by-length`.
final class LengthOptions {
    @Option(
            names = "--by-length",
            description =
                    "By position in the document, up to --ctx: a curve per file, of the documents"
                            + " that are at least that long.")
    boolean byLength;

    @Option(
            names = "--bucket",
            paramLabel = "N",
            description = "Positions that are averaged; default: ${DEFAULT-VALUE}.")
    int bucket = 256;

    @Option(
            names = "--documents",
            paramLabel = "N",
            description = "With --by-length: at most so many of each file; default: all.")
    int documents = Integer.MAX_VALUE;

    @Option(
            names = "--curves",
            paramLabel = "HOW",
            split = ",",
            description = "With --by-length: a curve for each of these --extend, such as none,ntk.")
    List<Extension> curves = new ArrayList<>();

    @Option(
            names = "--chart",
            paramLabel = "FILE.png",
            description = "With --by-length: also draws the curves.")
    @Nullable Path chart;

    /// @throws CliException for options that need --by-length
    boolean wanted() {
        if (!byLength && (chart != null || !curves.isEmpty()))
            throw new CliException("--chart and --curves need --by-length");
        if (chart != null && !chart.toString().endsWith(".png"))
            throw new CliException("--chart " + chart + ": the name must end in .png");
        if (documents < 1) throw new CliException("--documents must be positive");
        return byLength;
    }
}
