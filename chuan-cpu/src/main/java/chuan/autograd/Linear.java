package chuan.autograd;

/// `x w^T`. Backwards `dX = dY w` and `dW += dY^T x`.
final class Linear implements Node {
    private final Value x;
    private final Parameter w;
    private final Value out;
    private final Product product;
    private boolean adds;

    Linear(Step step, Value x, Parameter w, Value out) {
        this.x = x;
        this.w = w;
        this.out = out;
        product = new Product(step);
    }

    Value x() {
        return x;
    }

    Parameter w() {
        return w;
    }

    /// Bytes of scratch for all threads, for a weight `[out, in]` and so many rows.
    static long sharedBytes(Step step, int out, int in, int rows) {
        var kernel = step.products;
        return Math.max(
                Math.max(
                        Product.packedBytes(kernel, out, in), Product.packedBytes(kernel, in, out)),
                Product.packedBytes(kernel, in, rows));
    }

    void addsTo(boolean there) {
        adds = there;
    }

    @Override
    public boolean rereads(Value value) {
        return value == x;
    }

    @Override
    public void forward(Step step) {
        forward(product, x, w, out.data.address());
    }

    @Override
    public void backward(Step step) {
        gradientOfInput(product, out.gradient(), x, w, adds);
        gradientOfWeight(product, out.gradient(), x, w);
    }

    /// `out = x w^T`.
    static void forward(Product product, Value x, Parameter w, long out) {
        long row = x.stride();
        product.a(x.data.address(), row, Float.BYTES)
                .b(w.address(), Float.BYTES, row)
                .c(out, (long) w.rows() * Float.BYTES)
                .run(x.count(), w.rows(), x.width, false);
    }

    /// `dX = dY w`, or added to it.
    static void gradientOfInput(Product product, long dY, Value x, Parameter w, boolean adds) {
        product.a(dY, (long) w.rows() * Float.BYTES, Float.BYTES)
                .b(w.address(), x.stride(), Float.BYTES)
                .c(x.gradient(), x.stride())
                .run(x.count(), x.width, w.rows(), adds);
    }

    /// `dW += dY^T x`.
    static void gradientOfWeight(Product product, long dY, Value x, Parameter w) {
        product.a(dY, Float.BYTES, (long) w.rows() * Float.BYTES)
                .b(x.data.address(), x.stride(), Float.BYTES)
                .c(w.gradientAddress(), x.stride())
                .run(w.rows(), x.width, x.count(), true);
    }
}
