package chuan.cpu;

import chuan.files.ModelFolder;
import chuan.golden.GoldenModelTest;
import chuan.kernel.Tiers;
import chuan.model.Backend;

class Avx2GoldenTest extends GoldenModelTest {
    @Override
    protected Backend load(ModelFolder folder) {
        return CpuBackend.load(
                folder, new CpuOptions(2, Tiers.orSkip("avx2"), WeightType.AS_STORED));
    }
}
