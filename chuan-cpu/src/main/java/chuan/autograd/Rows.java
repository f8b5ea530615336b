package chuan.autograd;

/// The rows of a batch whose logits are asked for.
final class Rows implements Node {
    private final Value x;
    private final Value out;

    Rows(Value x, Value out) {
        this.x = x;
        this.out = out;
    }

    @Override
    public void forward(Step step) {
        for (int i = 0; i < out.count(); i++)
            Floats.copy(
                    x.data.address() + step.wanted[i] * x.stride(),
                    out.data.address() + i * x.stride(),
                    x.width);
    }

    @Override
    public void backward(Step step) {
        Floats.clear(x.gradient(), (long) x.count() * x.width);
        for (int i = 0; i < out.count(); i++)
            Floats.copy(
                    out.gradient() + i * x.stride(),
                    x.gradient() + step.wanted[i] * x.stride(),
                    x.width);
    }
}
