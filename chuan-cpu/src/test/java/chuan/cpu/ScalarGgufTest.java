package chuan.cpu;

import chuan.files.ModelFolder;
import chuan.golden.GgufGoldenTest;
import chuan.kernel.KernelSelector;
import chuan.model.Backend;

class ScalarGgufTest extends GgufGoldenTest {
    @Override
    protected Backend load(ModelFolder model) {
        return CpuBackend.load(
                model, new CpuOptions(2, KernelSelector.forced("scalar"), WeightType.AS_STORED));
    }
}
