package chuan.model;

/// Runs the forward pass on shapes alone: checks every size and counts multiply-adds, at any model
/// size, for free. Not thread-safe: it counts.
public final class ShapeOps implements Ops<ShapeOps.Shape, ShapeOps.Shape> {
    /// `[rows, cols]`
    public record Shape(long rows, long cols) {}

    private final ModelConfig c;
    private final long context;
    private long multiplyAdds;

    /// @param context keys that each row attends to
    public ShapeOps(ModelConfig c, long context) {
        this.c = c;
        this.context = context;
    }

    /// The weights of a model as shapes; vectors are one row.
    public static Weights<Shape> weights(ModelConfig c) {
        return Weights.of(
                c,
                (_, shape) ->
                        shape.length == 1 ? new Shape(1, shape[0]) : new Shape(shape[0], shape[1]));
    }

    /// The number of parameters; tied embeddings count once.
    public static long parameters(ModelConfig c) {
        var sum = new long[1];
        Weights.of(
                c,
                (_, shape) -> {
                    long n = 1;
                    for (long d : shape) n = Math.multiplyExact(n, d);
                    sum[0] = Math.addExact(sum[0], n);
                    return "";
                });
        return sum[0];
    }

    /// Multiply-adds of all verbs called so far.
    public long multiplyAdds() {
        return multiplyAdds;
    }

    @Override
    public Shape embed(Shape table, int[] ids) {
        return new Shape(ids.length, table.cols());
    }

    @Override
    public Shape rmsNorm(Shape x, Shape gain, float eps) {
        same("rmsNorm", x.cols(), gain.cols());
        return x;
    }

    @Override
    public Shape linear(Shape x, Shape w) {
        same("linear", x.cols(), w.cols());
        multiplyAdds += x.rows() * w.rows() * w.cols();
        return new Shape(x.rows(), w.rows());
    }

    @Override
    public Shape attend(int layer, Shape qkv) {
        same("attend", qkv.cols(), c.qkvWidth());
        multiplyAdds += 2 * qkv.rows() * context * c.queryWidth();
        return new Shape(qkv.rows(), c.queryWidth());
    }

    @Override
    public Shape swiglu(Shape x, Shape gate, Shape up) {
        linear(x, gate);
        return linear(x, up);
    }

    @Override
    public Shape add(Shape x, Shape y) {
        same("add", x.rows(), y.rows());
        same("add", x.cols(), y.cols());
        return x;
    }

    @Override
    public Shape rows(Shape x, int[] which) {
        return new Shape(which.length, x.cols());
    }

    private static void same(String verb, long a, long b) {
        if (a != b) throw new IllegalStateException(verb + ": width " + a + " meets " + b);
    }
}
