package chuan.server.openai;

import chuan.engine.Engine;
import chuan.engine.GenerateRequest;
import chuan.engine.SamplingOptions;
import chuan.server.ApiException;
import chuan.server.Fields;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// How a request wants its answers to be chosen: the fields that chat and completions share. What
/// is not said is as the model's own settings.
///
/// @param maxTokens of each answer; absent: as many as fit
/// @param n answers
/// @param stop strings that end an answer
/// @param seed of the first answer; the others count on
/// @param stream events as the answer grows
/// @param includeUsage one more event, with the counts
/// @param progress events while the answer waits and its prompt is computed
/// @param reported tokens whose log-probabilities are reported; empty: the most probable ones
record Decoding(
        SamplingOptions sampling,
        @Nullable Integer maxTokens,
        int n,
        List<String> stop,
        long seed,
        boolean stream,
        boolean includeUsage,
        boolean progress,
        List<Integer> reported) {

    private static final int MOST_ANSWERS = 8;
    private static final int MOST_STOPS = 16;
    private static final int MOST_REPORTED = 128;

    static Decoding of(Fields fields, Engine engine) {
        Long asked = fields.whole("seed");
        // drawn here and small, so that an answer can name it and JavaScript can read it
        long seed = asked == null ? ThreadLocalRandom.current().nextInt(Integer.MAX_VALUE) : asked;
        Fields streamOptions = fields.object("stream_options");
        return new Decoding(
                sampling(fields, engine.settings().sampling(), engine.tokenizer().vocabSize()),
                fields.integer(
                        fields.either("max_completion_tokens", "max_tokens"), 1, Integer.MAX_VALUE),
                fields.integer("n", 1, MOST_ANSWERS, 1),
                fields.strings("stop", MOST_STOPS).stream().filter(s -> !s.isEmpty()).toList(),
                seed,
                fields.bool("stream", false),
                streamOptions != null && streamOptions.bool("include_usage", false),
                fields.bool("return_progress", false),
                reported(fields, engine.tokenizer().vocabSize()));
    }

    /// As vLLM has it.
    private static List<Integer> reported(Fields fields, int vocab) {
        String name = "logprob_token_ids";
        int[] ids = fields.ids(name);
        if (ids.length > 0 && !fields.has("logprobs")) throw fields.bad(name, "needs logprobs");
        if (ids.length > MOST_REPORTED)
            throw fields.bad(
                    name, "has " + ids.length + " ids; at most " + MOST_REPORTED + " are allowed");
        for (int i = 0; i < ids.length; i++)
            if (ids[i] >= vocab)
                throw fields.bad(
                        name + "[" + i + "]", ids[i] + " is not one of the " + vocab + " tokens");
        return Arrays.stream(ids).boxed().toList();
    }

    private static SamplingOptions sampling(Fields fields, SamplingOptions own, int vocab) {
        Double temperature = fields.number("temperature", 0, 2);
        Double topP = fields.number("top_p", 0, 1);
        Double minP = fields.number("min_p", 0, 1);
        Integer topK = fields.integer("top_k", -1, Integer.MAX_VALUE);
        Double presence = fields.number("presence_penalty", -2, 2);
        Double frequency = fields.number("frequency_penalty", -2, 2);
        String repetition = fields.either("repetition_penalty", "repeat_penalty");
        Double repeated = fields.number(repetition, 0, 100);
        if (repeated != null && repeated == 0)
            throw fields.bad(repetition, "must be above 0; 1 is no penalty");
        SamplingOptions s = own;
        if (temperature != null) s = s.withTemperature(temperature);
        if (topP != null) s = s.withTopP(topP);
        if (minP != null) s = s.withMinP(minP);
        if (topK != null) s = s.withTopK(Math.max(0, topK)); // some clients say -1 for all
        if (presence != null) s = s.withPresencePenalty(presence);
        if (frequency != null) s = s.withFrequencyPenalty(frequency);
        if (repeated != null) s = s.withRepetitionPenalty(repeated);
        return s.withLogitBias(bias(fields, vocab));
    }

    private static Map<Integer, Float> bias(Fields fields, int vocab) {
        JsonNode node = fields.get("logit_bias");
        if (node == null) return Map.of();
        if (!node.isObject())
            throw fields.wrong("logit_bias", "an object of token ids and numbers", node);
        var bias = new HashMap<Integer, Float>();
        for (Map.Entry<String, JsonNode> entry : node.properties()) {
            String name = "logit_bias." + entry.getKey();
            JsonNode value = entry.getValue();
            if (!value.isNumber() || !(Math.abs(value.doubleValue()) <= 100))
                throw fields.wrong(name, "a number between -100 and 100", value);
            bias.put(id(fields, entry.getKey(), vocab), value.floatValue());
        }
        return bias;
    }

    private static int id(Fields fields, String key, int vocab) {
        try {
            int id = Integer.parseInt(key);
            if (id >= 0 && id < vocab) return id;
        } catch (NumberFormatException _) {
            // said below
        }
        throw fields.bad(
                "logit_bias", "'" + key + "' is not the id of one of the " + vocab + " tokens");
    }

    /// The request of answer `choice` to a prompt.
    GenerateRequest request(GenerateRequest base, int choice) {
        return base.withStop(stop)
                .withSampling(sampling.withSeed(seed + choice))
                .withReported(reported);
    }

    /// Tokens that an answer to a prompt may have.
    int maxTokensIn(int context, int promptTokens) {
        int room = context - promptTokens + 1; // the last token is never computed with
        return maxTokens == null ? room : Math.min(maxTokens, room);
    }

    /// @param what in plural, and the field that holds it
    static ApiException contextExceeded(int context, int tokens, String what) {
        return ApiException.badRequest(
                        what,
                        "context_length_exceeded",
                        "This model's maximum context length is "
                                + context
                                + " tokens. However, your "
                                + what
                                + " resulted in "
                                + tokens
                                + " tokens. Please reduce the length of the "
                                + what
                                + ".")
                .withDetail("n_prompt_tokens", tokens)
                .withDetail("n_ctx", context);
    }
}
