package chuan.files;

import chuan.model.RopeScaling;
import java.util.Optional;

/// RoPE's base and scaling among the keys of `config.json`: `rope_theta` with `rope_scaling`, or
/// since transformers 5 both inside `rope_parameters`.
final class RopeKeys {
    static final String THETA = "rope_theta";
    static final String SCALING = "rope_scaling";
    private static final String PARAMETERS = "rope_parameters";
    private static final String TYPE = "rope_type";
    private static final String FACTOR = "factor";
    private static final String TRAINED = "original_max_position_embeddings";

    private RopeKeys() {}

    static double theta(JsonFields keys, double ifAbsent) {
        double inside = object(keys).map(o -> o.decimal(THETA, ifAbsent)).orElse(ifAbsent);
        return keys.decimal(THETA, inside);
    }

    /// @param maxContext of the file
    /// @throws MalformedFileException for schemes that are not known here, which would load and
    ///   then answer nonsense
    static RopeScaling scaling(JsonFields keys, int maxContext) {
        var found = object(keys);
        if (found.isEmpty()) return new RopeScaling.None();
        JsonFields scaling = found.get();
        String type = type(scaling).orElse("default");
        try {
            return switch (type) {
                case "default" -> new RopeScaling.None();
                case "linear" -> new RopeScaling.Linear(factor(keys, scaling));
                case "dynamic" -> {
                    int trained = scaling.integer(TRAINED, maxContext);
                    yield new RopeScaling.Dynamic(factor(keys, scaling), trained, maxContext);
                }
                default ->
                        throw MalformedFileException.key(
                                keys.file(),
                                name(keys),
                                "type \"" + type + "\" is not supported; linear and dynamic are");
            };
        } catch (IllegalArgumentException e) {
            throw MalformedFileException.key(
                    keys.file(), name(keys), String.valueOf(e.getMessage()));
        }
    }

    /// @throws MalformedFileException if a scaling is asked for
    static void refuse(JsonFields keys, String reason) {
        if (object(keys).flatMap(RopeKeys::type).filter(t -> !t.equals("default")).isPresent())
            throw MalformedFileException.key(keys.file(), name(keys), reason);
    }

    /// For `rope_scaling`; empty if there is nothing to say.
    static Optional<Json> write(RopeScaling scaling) {
        return switch (scaling) {
            case RopeScaling.None _ -> Optional.empty();
            case RopeScaling.Linear(double factor) ->
                    Optional.of(Json.Obj.of(TYPE, "linear", FACTOR, factor));
            case RopeScaling.Dynamic(double factor, int trained, _) ->
                    Optional.of(Json.Obj.of(TYPE, "dynamic", FACTOR, factor, TRAINED, trained));
        };
    }

    static String describe(RopeScaling scaling) {
        return switch (scaling) {
            case RopeScaling.None _ -> "";
            case RopeScaling.Linear(double factor) -> ", positions divided by " + factor;
            case RopeScaling.Dynamic(double factor, int trained, _) ->
                    ", dynamic NTK with factor " + factor + " beyond " + trained + " tokens";
        };
    }

    private static double factor(JsonFields keys, JsonFields scaling) {
        if (!scaling.has(FACTOR))
            throw MalformedFileException.key(keys.file(), name(keys), "has no \"factor\"");
        return scaling.decimal(FACTOR, 1);
    }

    private static Optional<String> type(JsonFields scaling) {
        return scaling.text(TYPE).or(() -> scaling.text("type"));
    }

    private static String name(JsonFields keys) {
        return keys.has(SCALING) ? SCALING : PARAMETERS;
    }

    private static Optional<JsonFields> object(JsonFields keys) {
        String name = name(keys);
        var value = keys.find(name);
        if (value.isEmpty()) return Optional.empty();
        if (value.get() instanceof Json.Obj scaling)
            return Optional.of(new JsonFields(keys.file(), scaling));
        throw MalformedFileException.key(keys.file(), name, "must be an object");
    }
}
