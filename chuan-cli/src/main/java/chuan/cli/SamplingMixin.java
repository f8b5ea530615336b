package chuan.cli;

import chuan.engine.SamplingOptions;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// How tokens are chosen; what is not given is as the model's generation_config.json says.
final class SamplingMixin {
    @Option(names = "--max-tokens", paramLabel = "N", description = "Tokens to generate at most.")
    @Nullable Integer maxTokens;

    @Option(
            names = "--temperature",
            paramLabel = "T",
            description = "0 takes the most probable token each time.")
    @Nullable Double temperature;

    @Option(
            names = "--top-k",
            paramLabel = "K",
            description = "Only the K most probable tokens; 0: all.")
    @Nullable Integer topK;

    @Option(
            names = "--top-p",
            paramLabel = "P",
            description = "Only the most probable tokens that reach P together.")
    @Nullable Double topP;

    @Option(
            names = "--min-p",
            paramLabel = "P",
            description = "Only tokens at least P times as probable as the best.")
    @Nullable Double minP;

    @Option(
            names = "--repetition-penalty",
            paramLabel = "R",
            description = "Above 1: tokens that occurred become less probable.")
    @Nullable Double repetitionPenalty;

    @Option(names = "--seed", paramLabel = "N", description = "The same seed gives the same text.")
    @Nullable Long seed;

    SamplingOptions over(SamplingOptions own) {
        SamplingOptions s = own;
        if (temperature != null) s = s.withTemperature(temperature);
        if (topK != null) s = s.withTopK(topK);
        if (topP != null) s = s.withTopP(topP);
        if (minP != null) s = s.withMinP(minP);
        if (repetitionPenalty != null) s = s.withRepetitionPenalty(repetitionPenalty);
        if (seed != null) s = s.withSeed(seed);
        return s;
    }

    int maxTokensOr(int own) {
        return maxTokens == null ? own : maxTokens;
    }
}
