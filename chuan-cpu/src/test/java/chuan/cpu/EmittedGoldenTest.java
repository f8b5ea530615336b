package chuan.cpu;

import chuan.files.ModelFolder;
import chuan.golden.GoldenModelTest;
import chuan.kernel.Tiers;
import chuan.model.Backend;

class EmittedGoldenTest extends GoldenModelTest {
    @Override
    protected Backend load(ModelFolder folder) {
        return CpuBackend.load(
                folder, new CpuOptions(2, Tiers.orSkip("emitted"), WeightType.AS_STORED));
    }
}
