package chuan.cpu;

import chuan.files.ModelFolder;
import chuan.golden.GgufGoldenTest;
import chuan.kernel.KernelSelector;
import chuan.model.Backend;

class VectorGgufTest extends GgufGoldenTest {
    @Override
    protected Backend load(ModelFolder model) {
        return CpuBackend.load(
                model, new CpuOptions(2, KernelSelector.forced("vector"), WeightType.AS_STORED));
    }
}
