package chuan.cli;

import chuan.measure.SpeedCase;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/// What `chuan bench` times.
final class BenchCases {
    private static final int MOST_SEQUENCES = 1024;

    @Option(
            names = {"-p", "--prompt-tokens"},
            split = ",",
            paramLabel = "N",
            description = "Lengths of prompts; 0: none. Default: ${DEFAULT-VALUE}.",
            defaultValue = "512")
    List<Integer> prompts = new ArrayList<>();

    @Option(
            names = {"-n", "--generate"},
            split = ",",
            paramLabel = "N",
            description = "Tokens to generate; 0: none. Default: ${DEFAULT-VALUE}.",
            defaultValue = "64")
    List<Integer> generate = new ArrayList<>();

    @Option(
            names = {"-d", "--depth"},
            split = ",",
            paramLabel = "N",
            description = "Tokens before those. Default: ${DEFAULT-VALUE}.",
            defaultValue = "0")
    List<Integer> depths = new ArrayList<>();

    @Option(
            names = {"-b", "--batch"},
            split = ",",
            paramLabel = "N",
            description = "Sequences that generate together. Default: ${DEFAULT-VALUE}.",
            defaultValue = "1")
    List<Integer> batches = new ArrayList<>();

    @Option(
            names = {"-r", "--rounds"},
            paramLabel = "N",
            description = "Repetitions; medians are told. Default: ${DEFAULT-VALUE}.")
    int rounds = 3;

    /// @throws CliException if a number cannot be meant, or nothing is left to do
    void check() {
        if (rounds < 1) throw new CliException("--rounds " + rounds + ": at least 1");
        least("--prompt-tokens", prompts, 0);
        least("--generate", generate, 0);
        least("--depth", depths, 0);
        least("--batch", batches, 1);
        for (int batch : batches)
            if (batch > MOST_SEQUENCES)
                throw new CliException("--batch " + batch + ": at most " + MOST_SEQUENCES);
        if (list().isEmpty())
            throw new CliException("--prompt-tokens 0 --generate 0: nothing is left to measure");
    }

    private static void least(String option, List<Integer> values, int least) {
        for (int value : values)
            if (value < least) throw new CliException(option + " " + value + ": at least " + least);
    }

    /// In the order in which they are run: all of one depth together.
    List<SpeedCase> list() {
        var cases = new ArrayList<SpeedCase>();
        for (int depth : depths) {
            for (int prompt : prompts)
                if (prompt > 0) cases.add(new SpeedCase(prompt, 0, depth, 1));
            for (int tokens : generate)
                for (int batch : batches)
                    if (tokens > 0) cases.add(new SpeedCase(0, tokens, depth, batch));
        }
        return cases;
    }

    /// The longest context.
    int context() {
        return list().stream().mapToInt(SpeedCase::context).max().orElse(1);
    }

    /// Tokens whose keys and values are held at once, at most.
    int tokens() {
        int sequences = list().stream().mapToInt(SpeedCase::batch).max().orElse(1);
        try {
            return Math.multiplyExact(sequences, context());
        } catch (ArithmeticException _) {
            throw new CliException("--batch and --depth: too many tokens in all");
        }
    }

    /// Repetitions times tokens.
    long work() {
        return list().stream().mapToLong(c -> c.tokens() * rounds).sum();
    }
}
