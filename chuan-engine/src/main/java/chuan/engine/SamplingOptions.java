package chuan.engine;

import java.util.OptionalLong;

/// How the next token is chosen. Meanings and order of application are those of the transformers
/// library; see [Sampler].
///
/// @param temperature logits are divided by it; 0 takes the most probable token
/// @param topK only the `topK` most probable tokens, and those that tie with the last; 0 = all
/// @param topP only the smallest set of most probable tokens that reaches this mass; 1 = all
/// @param minP only tokens at least this fraction as probable as the best one; 0 = all. Applied
///   last
/// @param repetitionPenalty logits of tokens that occurred in prompt or answer are divided by it if
///   positive, multiplied if negative; 1 = none
/// @param seed of the draws; the same seed and logits give the same tokens. Absent: a new one each
///   time, reported in the result
public record SamplingOptions(
        double temperature,
        int topK,
        double topP,
        double minP,
        double repetitionPenalty,
        OptionalLong seed) {

    public SamplingOptions {
        if (!(temperature >= 0 && temperature <= 100))
            throw new InvalidRequestException(
                    "temperature", "must be between 0 and 100, not " + temperature);
        if (topK < 0)
            throw new InvalidRequestException("top_k", "must be 0 (off) or positive, not " + topK);
        fraction("top_p", topP);
        fraction("min_p", minP);
        if (!(repetitionPenalty > 0 && repetitionPenalty <= 100))
            throw new InvalidRequestException(
                    "repetition_penalty",
                    "must be above 0 and at most 100, not " + repetitionPenalty);
    }

    private static void fraction(String field, double value) {
        if (!(value >= 0 && value <= 1))
            throw new InvalidRequestException(field, "must be between 0 and 1, not " + value);
    }

    /// The most probable token each time; the lowest id if several are.
    public static SamplingOptions greedy() {
        return new SamplingOptions(0, 0, 1, 0, 1, OptionalLong.empty());
    }

    /// Draws from the model's own distribution, unchanged.
    public static SamplingOptions pure() {
        return greedy().withTemperature(1);
    }

    /// What Baichuan-13B-Chat was published with.
    public static SamplingOptions baichuanChat() {
        return new SamplingOptions(0.3, 5, 0.85, 0, 1.1, OptionalLong.empty());
    }

    public SamplingOptions withTemperature(double value) {
        return new SamplingOptions(value, topK, topP, minP, repetitionPenalty, seed);
    }

    public SamplingOptions withTopK(int value) {
        return new SamplingOptions(temperature, value, topP, minP, repetitionPenalty, seed);
    }

    public SamplingOptions withTopP(double value) {
        return new SamplingOptions(temperature, topK, value, minP, repetitionPenalty, seed);
    }

    public SamplingOptions withMinP(double value) {
        return new SamplingOptions(temperature, topK, topP, value, repetitionPenalty, seed);
    }

    public SamplingOptions withRepetitionPenalty(double value) {
        return new SamplingOptions(temperature, topK, topP, minP, value, seed);
    }

    public SamplingOptions withSeed(long value) {
        return new SamplingOptions(
                temperature, topK, topP, minP, repetitionPenalty, OptionalLong.of(value));
    }
}
