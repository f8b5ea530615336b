package chuan.torch;

import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// The number format of matrix products within a scope. Weights, residual stream, norms, softmax
/// and loss stay fp32 either way.
public final class Autocast implements AutoCloseable {
    private final boolean bf16;

    /// Matrix products of this thread run in bf16 until [#close] if `bf16`, else nothing changes.
    public Autocast(boolean bf16) {
        this.bf16 = bf16;
        if (bf16) {
            torch.set_autocast_dtype(DeviceType.CPU, ScalarType.BFloat16);
            torch.set_autocast_enabled(DeviceType.CPU, true);
        }
    }

    @Override
    public void close() {
        if (bf16) {
            torch.set_autocast_enabled(DeviceType.CPU, false);
            torch.clear_cache();
        }
    }
}
