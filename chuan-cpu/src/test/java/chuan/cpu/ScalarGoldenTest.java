package chuan.cpu;

import chuan.files.ModelFolder;
import chuan.golden.GoldenModelTest;
import chuan.kernel.KernelSelector;
import chuan.model.Backend;

class ScalarGoldenTest extends GoldenModelTest {
    @Override
    protected Backend load(ModelFolder folder) {
        return CpuBackend.load(
                folder, new CpuOptions(2, KernelSelector.forced("scalar"), WeightType.AS_STORED));
    }
}
