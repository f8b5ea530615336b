package chuan.torch;

import chuan.files.ModelFolder;
import chuan.golden.GoldenModelTest;
import chuan.model.Backend;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;

/// The verbs on libtorch give the official code's logits, with every kind of position, head and
/// norm. They know no cache: every call computes the whole sequence so far.
class TorchGoldenTest extends GoldenModelTest {
    @BeforeAll
    static void loadLibtorch() {
        try {
            Libtorch.load(1);
        } catch (TorchUnavailableException e) {
            Assumptions.abort(e.toString());
        }
    }

    @Override
    protected Backend load(ModelFolder folder) {
        return new RecomputingBackend(folder);
    }
}
