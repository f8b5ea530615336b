package chuan.engine;

import java.util.List;

/// What was generated.
///
/// @param text without stop string
/// @param ids tokens chosen, without the one of `stopIds` that ended it; with those of a stop
///   string
/// @param tokens log-probabilities per id, empty if none were asked for
/// @param stop the stop string or the spelling of the stop token that ended it, "" if none did
/// @param seed of the draws
public record GenerateResult(
        String text,
        List<Integer> ids,
        List<TokenLogprobs> tokens,
        FinishReason finishReason,
        String stop,
        long seed,
        Statistics statistics) {

    /// Counts and times of one generation.
    ///
    /// @param promptTokens of which `cachedTokens` were in the cache already
    /// @param generatedTokens including the one that ended the text
    /// @param draftedTokens proposed by speculation, of which `acceptedTokens` were right
    /// @param queuedSeconds before anything was computed
    /// @param prefillSeconds from then on until the first logits
    /// @param decodeSeconds from then on
    public record Statistics(
            int promptTokens,
            int cachedTokens,
            int generatedTokens,
            int draftedTokens,
            int acceptedTokens,
            double queuedSeconds,
            double prefillSeconds,
            double decodeSeconds) {

        public double prefillTokensPerSecond() {
            return rate(promptTokens - cachedTokens, prefillSeconds);
        }

        /// The first token comes with the prompt's logits and costs no step of its own.
        public double decodeTokensPerSecond() {
            return rate(generatedTokens - 1, decodeSeconds);
        }

        private static double rate(int tokens, double seconds) {
            return tokens > 0 && seconds > 0 ? tokens / seconds : 0;
        }
    }
}
