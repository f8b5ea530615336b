package chuan.server;

import chuan.engine.Engine;
import chuan.engine.Scheduler;
import chuan.engine.constrain.Constraints;
import java.time.Instant;
import java.util.Locale;

/// The model that a server answers with.
///
/// @param name as clients call it
/// @param alias another such name, "" = none
/// @param created when its files were written
/// @param fingerprint of build, weights and kernels: the same one gives the same answers
/// @param scheduler where answers are asked for
/// @param constraints what its answers can be held to
public record ServedModel(
        String name,
        String alias,
        Instant created,
        String fingerprint,
        Weights weights,
        Scheduler scheduler,
        Constraints constraints) {

    public ServedModel(
            String name,
            String alias,
            Instant created,
            String fingerprint,
            Weights weights,
            Scheduler scheduler) {
        this(
                name,
                alias,
                created,
                fingerprint,
                weights,
                scheduler,
                new Constraints(scheduler.engine().tokenizer()));
    }

    /// How its weights are stored.
    ///
    /// @param format such as `gguf`
    /// @param numbers the kind that most of them are in, such as `Q4_0`
    public record Weights(String format, String numbers, long bytes, long parameters) {}

    /// Its tokenizer, settings and context.
    public Engine engine() {
        return scheduler.engine();
    }

    /// Whether a request means this model. Ollama's clients add `:latest`.
    public boolean isCalled(String requested) {
        String plain = plain(requested);
        return plain.equals(plain(name)) || (!alias.isEmpty() && plain.equals(plain(alias)));
    }

    private static String plain(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return lower.endsWith(":latest") ? lower.substring(0, lower.length() - 7) : lower;
    }

    /// @throws ApiException 404 if a request means another model
    public void check(String requested) {
        if (!isCalled(requested)) throw ApiException.modelNotFound(requested);
    }
}
