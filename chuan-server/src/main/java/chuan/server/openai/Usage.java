package chuan.server.openai;

import chuan.engine.GenerateResult;
import chuan.server.JsonObject;

/// Counts and times of answers, as clients want them.
public final class Usage {
    private long promptTokens;
    private long cachedTokens;
    private long completionTokens;
    private long draftedTokens;
    private long acceptedTokens;

    /// Adds an answer. Further answers to the same prompt count its tokens only once.
    void add(GenerateResult result, boolean newPrompt) {
        var s = result.statistics();
        if (newPrompt) {
            promptTokens += s.promptTokens();
            cachedTokens += s.cachedTokens();
        }
        completionTokens += result.ids().size();
        draftedTokens += s.draftedTokens();
        acceptedTokens += s.acceptedTokens();
    }

    JsonObject toJson() {
        return new JsonObject()
                .put("prompt_tokens", promptTokens)
                .put("completion_tokens", completionTokens)
                .put("total_tokens", promptTokens + completionTokens)
                .put("prompt_tokens_details", new JsonObject().put("cached_tokens", cachedTokens))
                .put(
                        "completion_tokens_details",
                        new JsonObject()
                                .put("reasoning_tokens", 0)
                                .put("accepted_prediction_tokens", acceptedTokens)
                                .put("rejected_prediction_tokens", draftedTokens - acceptedTokens));
    }

    /// The object of llama.cpp's server that several pages show: `prompt_n` are the tokens that had
    /// to be computed, `cache_n` those that had not.
    static JsonObject timings(GenerateResult.Statistics s) {
        int computed = s.promptTokens() - s.cachedTokens();
        double promptMillis = s.prefillSeconds() * 1e3;
        double answerMillis = s.decodeSeconds() * 1e3;
        return new JsonObject()
                .put("cache_n", s.cachedTokens())
                .put("prompt_n", computed)
                .put("prompt_ms", rounded(promptMillis))
                .put("prompt_per_token_ms", rounded(promptMillis / Math.max(1, computed)))
                .put("prompt_per_second", rounded(s.prefillTokensPerSecond()))
                .put("predicted_n", s.generatedTokens())
                .put("predicted_ms", rounded(answerMillis))
                .put(
                        "predicted_per_token_ms",
                        rounded(answerMillis / Math.max(1, s.generatedTokens())))
                .put("predicted_per_second", rounded(s.decodeTokensPerSecond()))
                .put("draft_n", s.draftedTokens())
                .put("draft_n_accepted", s.acceptedTokens());
    }

    private static double rounded(double value) {
        return Math.rint(value * 1e3) / 1e3;
    }
}
