package chuan.cli;

import chuan.files.ModelFolder;
import chuan.model.Extension;
import chuan.model.ModelConfig;
import chuan.model.Position;
import chuan.model.RopeScaling;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What `--ctx`, `--extend` and `--trained` make of a model.
///
/// @param context 0 = what the model was made for
/// @param trained 0 = what the model was made for
record LongContext(int context, @Nullable Extension extend, int trained) {

    static LongContext of(CommonOptions common) {
        return new LongContext(common.context, common.extend, common.trained);
    }

    /// Says on stderr if the context is longer than the model was made for.
    ModelFolder apply(ModelFolder folder, Streams streams) {
        ModelConfig config = folder.config();
        int length = context > 0 ? context : config.maxContext();
        int known = trained > 0 ? trained : config.maxContext();
        Position position = position(config, known, length);
        if (length > known)
            streams.err()
                    .printf(
                            "chuan: %,d tokens of context, the model was made for %,d: %s%n",
                            length, known, consequence(position));
        return position.equals(config.position()) ? folder : folder.withPosition(position);
    }

    private Position position(ModelConfig config, int known, int length) {
        try {
            return extend == null
                    ? Extension.asConfigured(config.position(), length)
                    : extend.apply(config, known, length);
        } catch (IllegalArgumentException e) {
            throw new CliException("--extend " + name(extend) + ": " + e.getMessage());
        }
    }

    static String name(@Nullable Extension extend) {
        return extend == null ? "" : extend.name().toLowerCase(Locale.ROOT);
    }

    private static String consequence(Position position) {
        return switch (position) {
            case Position.Alibi(double stretch) when stretch > 1 -> "ALiBi stretched (ntk)";
            case Position.Alibi _ -> "ALiBi goes on as trained (--extend ntk stretches it)";
            case Position.Rope(_, RopeScaling scaling) ->
                    switch (scaling) {
                        case RopeScaling.None _ ->
                                "plain RoPE falls apart there (see --extend ntk)";
                        case RopeScaling.Linear(double factor) ->
                                "RoPE positions divided by " + factor;
                        case RopeScaling.Dynamic _ -> "RoPE with a larger base (ntk)";
                    };
        };
    }
}
