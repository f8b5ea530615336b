package chuan.engine;

/// What the user of an engine decides, as against its model.
///
/// @param context tokens a sequence may have, prompt and answer together; 0 = what the model was
///   made for
/// @param prefillChunk tokens of a prompt per step: larger is a little faster, smaller notices a
///   cancellation sooner
public record EngineOptions(int context, int prefillChunk) {

    public EngineOptions {
        if (context < 0)
            throw new InvalidRequestException("context", "must not be negative, is " + context);
        if (prefillChunk < 1)
            throw new InvalidRequestException(
                    "prefill chunk", "must be positive, not " + prefillChunk);
    }

    public static EngineOptions defaults() {
        return new EngineOptions(0, 128);
    }

    public EngineOptions withContext(int value) {
        return new EngineOptions(value, prefillChunk);
    }
}
