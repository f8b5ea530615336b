package chuan.engine;

import java.util.List;

/// What happens to a request, in the order in which it happens.
public sealed interface GenerationEvent {
    /// It waits; `place` others are to be served before it.
    record Queued(int place) implements GenerationEvent {}

    /// `done` of the prompt's `total` tokens are in the cache, `cached` of them since earlier
    /// requests.
    record Prompt(int done, int total, int cached) implements GenerationEvent {}

    /// A token was chosen, or several since the reader last asked.
    ///
    /// @param text that became certain by it: whole characters, never a part of a stop string;
    ///   often empty
    /// @param tokens chosen since the last delta, with their log-probabilities if asked for
    record Delta(String text, List<TokenLogprobs> tokens) implements GenerationEvent {}

    /// It ended; nothing follows.
    record Finished(GenerateResult result) implements GenerationEvent {}

    /// It could not be finished, and why; nothing follows.
    record Failed(String message) implements GenerationEvent {}
}
