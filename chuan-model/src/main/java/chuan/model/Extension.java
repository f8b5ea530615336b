package chuan.model;

/// How positions are treated when the chosen context is longer than the trained one.
public enum Extension {
    /// As trained, however long: ALiBi goes on, RoPE meets angles it has never seen.
    NONE,
    /// What tells near tokens apart stays, what sees far is stretched to the new length: NTK-ALiBi,
    /// or for RoPE dynamic NTK with factor 1.
    NTK,
    /// RoPE positions are divided by context over trained context.
    LINEAR,
    /// Dynamic NTK for RoPE, with the factor of the model's file, or 1.
    DYNAMIC;

    /// The position scheme of `c` for sequences of up to `context` tokens.
    ///
    /// @param trained tokens the model was trained on
    /// @throws IllegalArgumentException if this way is not one for the model's scheme
    public Position apply(ModelConfig c, int trained, int context) {
        if (context <= 0 || trained <= 0)
            throw new IllegalArgumentException(
                    "context " + context + " and trained context " + trained + " must be positive");
        double ratio = Math.max(1, (double) context / trained);
        return switch (c.position()) {
            case Position.Alibi alibi ->
                    switch (this) {
                        case NONE -> alibi;
                        case NTK -> new Position.Alibi(alibi.stretch() * ratio);
                        case LINEAR, DYNAMIC ->
                                throw new IllegalArgumentException(
                                        "is for RoPE, and this model has ALiBi: take ntk or none");
                    };
            case Position.Rope rope ->
                    switch (this) {
                        case NONE -> rope;
                        case NTK -> dynamic(rope, 1, trained, context);
                        case LINEAR ->
                                new Position.Rope(
                                        rope.theta(),
                                        new RopeScaling.Linear(rope.scaling().divisor() * ratio));
                        case DYNAMIC ->
                                dynamic(
                                        rope,
                                        rope.scaling() instanceof RopeScaling.Dynamic d
                                                ? d.factor()
                                                : 1,
                                        trained,
                                        context);
                    };
        };
    }

    /// What a model's own files ask for at this context: only dynamic scaling depends on it.
    public static Position asConfigured(Position position, int context) {
        return position instanceof Position.Rope(double theta, RopeScaling.Dynamic d)
                ? new Position.Rope(
                        theta, new RopeScaling.Dynamic(d.factor(), d.trained(), context))
                : position;
    }

    private static Position dynamic(Position.Rope rope, double factor, int trained, int context) {
        return new Position.Rope(rope.theta(), new RopeScaling.Dynamic(factor, trained, context));
    }
}
