package chuan.langchain4j;

import chuan.engine.GenerationFailedException;
import chuan.engine.InvalidRequestException;
import chuan.engine.OverloadedException;
import chuan.model.ContextTooLongException;
import dev.langchain4j.exception.InternalServerException;
import dev.langchain4j.exception.RateLimitException;

/// The engine's exceptions as those that programs with LangChain4j know: what can be put right, and
/// what is worth trying again.
final class Failures {
    private Failures() {}

    static RuntimeException of(RuntimeException failure) {
        return switch (failure) {
            case InvalidRequestException _, ContextTooLongException _ ->
                    new dev.langchain4j.exception.InvalidRequestException(
                            failure.getMessage(), failure);
            case OverloadedException _ -> new RateLimitException(failure.getMessage(), failure);
            case GenerationFailedException _ ->
                    new InternalServerException(failure.getMessage(), failure);
            default -> failure;
        };
    }
}
