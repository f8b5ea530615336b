package chuan.engine;

import java.util.List;

/// What a [Call] was told so far.
///
/// @param scope whose cached beginnings it may use, and in whose fair share it runs
record CallSettings(
        SamplingOptions sampling,
        int maxTokens,
        List<String> stop,
        int logprobs,
        Constraint constraint,
        Cancellation cancellation,
        String scope) {

    /// As the model wants to be used.
    static CallSettings of(GenerationSettings model) {
        return new CallSettings(
                model.sampling(),
                model.maxNewTokens(),
                List.of(),
                -1,
                Constraint.NONE,
                new Cancellation(),
                "");
    }

    CallSettings withSampling(SamplingOptions value) {
        return new CallSettings(value, maxTokens, stop, logprobs, constraint, cancellation, scope);
    }

    CallSettings withMaxTokens(int value) {
        return new CallSettings(sampling, value, stop, logprobs, constraint, cancellation, scope);
    }

    CallSettings withStop(List<String> value) {
        return new CallSettings(
                sampling, maxTokens, value, logprobs, constraint, cancellation, scope);
    }

    CallSettings withLogprobs(int value) {
        return new CallSettings(sampling, maxTokens, stop, value, constraint, cancellation, scope);
    }

    CallSettings withConstraint(Constraint value) {
        return new CallSettings(sampling, maxTokens, stop, logprobs, value, cancellation, scope);
    }

    CallSettings withCancellation(Cancellation value) {
        return new CallSettings(sampling, maxTokens, stop, logprobs, constraint, value, scope);
    }

    CallSettings withScope(String value) {
        return new CallSettings(
                sampling, maxTokens, stop, logprobs, constraint, cancellation, value);
    }
}
