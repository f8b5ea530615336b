package chuan.train;

import chuan.torch.Libtorch;
import chuan.torch.TorchUnavailableException;
import org.junit.jupiter.api.Assumptions;

/// Skips a test, with the reason, where libtorch has no native libraries.
final class Libraries {
    private Libraries() {}

    static void load() {
        try {
            Libtorch.load(1);
        } catch (TorchUnavailableException e) {
            Assumptions.abort(e.toString());
        }
    }
}
