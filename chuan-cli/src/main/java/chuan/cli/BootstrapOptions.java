package chuan.cli;

import chuan.eval.report.Bootstrap;
import picocli.CommandLine.Option;

/// How intervals are drawn.
final class BootstrapOptions {
    @Option(
            names = "--resamples",
            paramLabel = "N",
            description =
                    "How often questions are drawn anew for an interval; default:"
                            + " ${DEFAULT-VALUE}.")
    int resamples = Bootstrap.DEFAULT.resamples();

    @Option(
            names = "--seed",
            paramLabel = "S",
            description = "Of these draws; default: ${DEFAULT-VALUE}.")
    long seed = Bootstrap.DEFAULT.seed();

    Bootstrap get() {
        if (resamples < 100 || resamples > 1_000_000)
            throw new CliException("--resamples " + resamples + ": from 100 to 1000000");
        return new Bootstrap(seed, resamples);
    }
}
