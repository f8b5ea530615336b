package chuan.engine;

import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Consumer;

/// How the next token is chosen. Meanings are those of the transformers library, and of OpenAI's
/// API for presence, frequency and bias; for the order of application see [Sampler].
///
/// @param temperature logits are divided by it; 0 takes the most probable token, and so does what
///   is below a millionth, where fp32 would overflow
/// @param topK only the `topK` most probable tokens, and those that tie with the last; 0 = all
/// @param topP only the smallest set of most probable tokens that reaches this mass; 1 = all
/// @param minP only tokens at least this fraction as probable as the best one; 0 = all. Applied
///   last
/// @param repetitionPenalty logits of tokens that occurred in prompt or answer are divided by it if
///   positive, multiplied if negative; 1 = none
/// @param presencePenalty subtracted from the logits of tokens that occurred in the answer; 0 =
///   none
/// @param frequencyPenalty subtracted as often as they occurred in the answer; 0 = none
/// @param logitBias added to the logits of these tokens before anything else
/// @param seed of the draws; the same seed and logits give the same tokens. Absent: a new one each
///   time, reported in the result
public record SamplingOptions(
        double temperature,
        int topK,
        double topP,
        double minP,
        double repetitionPenalty,
        double presencePenalty,
        double frequencyPenalty,
        Map<Integer, Float> logitBias,
        OptionalLong seed) {

    /// More would be a table of the vocabulary.
    private static final int MOST_BIASES = 1024;

    private static final double LEAST_TEMPERATURE = 1e-6;

    /// Far outside of what makes sense, and as far as fp32 can go without overflow.
    private static final double LEAST_PENALTY = 0.01;

    private static final double MOST_PENALTY = 100;

    public SamplingOptions {
        if (!(temperature >= 0 && temperature <= 100))
            throw new InvalidRequestException(
                    "temperature", "must be between 0 and 100, not " + temperature);
        if (temperature < LEAST_TEMPERATURE) temperature = 0;
        if (topK < 0)
            throw new InvalidRequestException("top_k", "must be 0 (off) or positive, not " + topK);
        fraction("top_p", topP);
        fraction("min_p", minP);
        if (!(repetitionPenalty >= LEAST_PENALTY && repetitionPenalty <= MOST_PENALTY))
            throw new InvalidRequestException(
                    "repetition_penalty", "must be between 0.01 and 100, not " + repetitionPenalty);
        penalty("presence_penalty", presencePenalty);
        penalty("frequency_penalty", frequencyPenalty);
        if (logitBias.size() > MOST_BIASES)
            throw new InvalidRequestException(
                    "logit_bias",
                    "has " + logitBias.size() + " tokens; at most " + MOST_BIASES + " are allowed");
        logitBias = Map.copyOf(logitBias);
        logitBias.forEach((id, bias) -> {
            if (!(bias >= -100 && bias <= 100))
                throw new InvalidRequestException(
                        "logit_bias", "of token " + id + " must be between -100 and 100");
        });
    }

    private static void penalty(String field, double value) {
        if (!(value >= -2 && value <= 2))
            throw new InvalidRequestException(field, "must be between -2 and 2, not " + value);
    }

    /// Without penalties and biases on the answer.
    public SamplingOptions(
            double temperature,
            int topK,
            double topP,
            double minP,
            double repetitionPenalty,
            OptionalLong seed) {
        this(temperature, topK, topP, minP, repetitionPenalty, 0, 0, Map.of(), seed);
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
        return with(f -> f.temperature = value);
    }

    public SamplingOptions withTopK(int value) {
        return with(f -> f.topK = value);
    }

    public SamplingOptions withTopP(double value) {
        return with(f -> f.topP = value);
    }

    public SamplingOptions withMinP(double value) {
        return with(f -> f.minP = value);
    }

    public SamplingOptions withRepetitionPenalty(double value) {
        return with(f -> f.repetitionPenalty = value);
    }

    public SamplingOptions withPresencePenalty(double value) {
        return with(f -> f.presencePenalty = value);
    }

    public SamplingOptions withFrequencyPenalty(double value) {
        return with(f -> f.frequencyPenalty = value);
    }

    public SamplingOptions withLogitBias(Map<Integer, Float> value) {
        return with(f -> f.logitBias = value);
    }

    public SamplingOptions withSeed(long value) {
        return with(f -> f.seed = OptionalLong.of(value));
    }

    private SamplingOptions with(Consumer<Fields> change) {
        var fields = new Fields(this);
        change.accept(fields);
        return fields.options();
    }

    /// A copy that is being changed.
    private static final class Fields {
        double temperature;
        int topK;
        double topP;
        double minP;
        double repetitionPenalty;
        double presencePenalty;
        double frequencyPenalty;
        Map<Integer, Float> logitBias;
        OptionalLong seed;

        Fields(SamplingOptions of) {
            temperature = of.temperature;
            topK = of.topK;
            topP = of.topP;
            minP = of.minP;
            repetitionPenalty = of.repetitionPenalty;
            presencePenalty = of.presencePenalty;
            frequencyPenalty = of.frequencyPenalty;
            logitBias = of.logitBias;
            seed = of.seed;
        }

        SamplingOptions options() {
            return new SamplingOptions(
                    temperature,
                    topK,
                    topP,
                    minP,
                    repetitionPenalty,
                    presencePenalty,
                    frequencyPenalty,
                    logitBias,
                    seed);
        }
    }
}
