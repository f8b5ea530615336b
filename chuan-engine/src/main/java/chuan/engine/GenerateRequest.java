package chuan.engine;

import java.util.List;
import java.util.Set;

/// What to generate. A value: the `with` methods give changed copies. [Engine#request] makes one
/// with the model's own settings.
///
/// @param prompt ids to continue, at least one; not to be modified
/// @param continuesText the generated text continues that of the prompt, so a space before its
///   first word stays; false = it is a text of its own, as an answer in a chat
/// @param maxTokens tokens to generate at most; the context may end it earlier
/// @param stop strings that end the text; they are not part of it
/// @param stopIds tokens that end the text; they are not part of it
/// @param logprobs report this many of the most probable tokens at each step; -1 = report no
///   log-probabilities at all, 0 = only that of the chosen token
/// @param constraint which tokens may follow; it sees the answer, not the prompt
/// @param reported tokens whose log-probabilities are reported, in this order, in place of those of
///   the most probable ones; empty for these
public record GenerateRequest(
        int[] prompt,
        boolean continuesText,
        int maxTokens,
        List<String> stop,
        Set<Integer> stopIds,
        SamplingOptions sampling,
        int logprobs,
        Constraint constraint,
        List<Integer> reported) {

    /// More would be slow to look for in every piece of text.
    private static final int MOST_STOPS = 64;

    public GenerateRequest {
        if (prompt.length == 0)
            throw new InvalidRequestException("prompt", "is empty: give at least one token");
        if (maxTokens < 1)
            throw new InvalidRequestException("max_tokens", "must be positive, not " + maxTokens);
        if (logprobs < -1 || logprobs > 100)
            throw new InvalidRequestException(
                    "logprobs", "must be between 0 and 100, or -1 for none, not " + logprobs);
        if (stop.size() > MOST_STOPS)
            throw new InvalidRequestException(
                    "stop",
                    "has " + stop.size() + " strings; at most " + MOST_STOPS + " are allowed");
        stop = List.copyOf(stop);
        for (int i = 0; i < stop.size(); i++) checkStop("stop[" + i + "]", stop.get(i));
        stopIds = Set.copyOf(stopIds);
        reported = List.copyOf(reported);
    }

    /// With the most probable tokens reported, if any are.
    public GenerateRequest(
            int[] prompt,
            boolean continuesText,
            int maxTokens,
            List<String> stop,
            Set<Integer> stopIds,
            SamplingOptions sampling,
            int logprobs,
            Constraint constraint) {
        this(
                prompt,
                continuesText,
                maxTokens,
                stop,
                stopIds,
                sampling,
                logprobs,
                constraint,
                List.of());
    }

    /// Without a constraint.
    public GenerateRequest(
            int[] prompt,
            boolean continuesText,
            int maxTokens,
            List<String> stop,
            Set<Integer> stopIds,
            SamplingOptions sampling,
            int logprobs) {
        this(prompt, continuesText, maxTokens, stop, stopIds, sampling, logprobs, Constraint.NONE);
    }

    private static void checkStop(String field, String stop) {
        if (stop.isEmpty()) throw new InvalidRequestException(field, "is empty");
        boolean lone =
                stop.codePoints()
                        .anyMatch(
                                c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
        if (lone) throw new InvalidRequestException(field, "holds half a surrogate pair");
    }

    public GenerateRequest withMaxTokens(int value) {
        return new GenerateRequest(
                prompt,
                continuesText,
                value,
                stop,
                stopIds,
                sampling,
                logprobs,
                constraint,
                reported);
    }

    public GenerateRequest withStop(List<String> value) {
        return new GenerateRequest(
                prompt,
                continuesText,
                maxTokens,
                value,
                stopIds,
                sampling,
                logprobs,
                constraint,
                reported);
    }

    /// Which tokens end the text; an empty set lets it run to `maxTokens`.
    public GenerateRequest withStopIds(Set<Integer> value) {
        return new GenerateRequest(
                prompt,
                continuesText,
                maxTokens,
                stop,
                value,
                sampling,
                logprobs,
                constraint,
                reported);
    }

    public GenerateRequest withSampling(SamplingOptions value) {
        return new GenerateRequest(
                prompt,
                continuesText,
                maxTokens,
                stop,
                stopIds,
                value,
                logprobs,
                constraint,
                reported);
    }

    public GenerateRequest withLogprobs(int value) {
        return new GenerateRequest(
                prompt,
                continuesText,
                maxTokens,
                stop,
                stopIds,
                sampling,
                value,
                constraint,
                reported);
    }

    /// Lets only tokens follow that `value` allows. Where it says that the answer may end,
    /// `stopIds` are allowed; where it says that nothing may follow, the answer ends by itself.
    public GenerateRequest withConstraint(Constraint value) {
        return new GenerateRequest(
                prompt,
                continuesText,
                maxTokens,
                stop,
                stopIds,
                sampling,
                logprobs,
                value,
                reported);
    }

    public GenerateRequest withReported(List<Integer> ids) {
        return new GenerateRequest(
                prompt,
                continuesText,
                maxTokens,
                stop,
                stopIds,
                sampling,
                logprobs,
                constraint,
                ids);
    }
}
