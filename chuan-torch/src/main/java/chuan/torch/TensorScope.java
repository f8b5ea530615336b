package chuan.torch;

import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/// Says who frees a tensor: every tensor made between opening and closing, on the same thread, is
/// released at the close, except those given to [#keep]. Scopes nest; one per training step keeps
/// native memory flat.
public final class TensorScope implements AutoCloseable {
    private final PointerScope scope = new PointerScope();

    /// Takes a tensor out of all scopes; the caller closes it.
    public static Tensor keep(Tensor tensor) {
        tensor.retainReference();
        return tensor;
    }

    /// Runs `work`, frees its intermediate tensors and hands the result to the enclosing scope (or
    /// to the caller, where there is none). Autograd holds on to what it needs by itself.
    public static Tensor local(Supplier<Tensor> work) {
        Tensor result;
        try (var _ = new TensorScope()) {
            result = keep(work.get());
        }
        PointerScope outer = PointerScope.getInnerScope();
        if (outer != null) {
            outer.attach(result);
            result.releaseReference();
        }
        return result;
    }

    @Override
    public void close() {
        scope.close();
    }
}
