package chuan.cpu;

import chuan.files.ModelFolder;
import chuan.golden.GgufGoldenTest;
import chuan.kernel.Tiers;
import chuan.model.Backend;

class EmittedGgufTest extends GgufGoldenTest {
    @Override
    protected Backend load(ModelFolder model) {
        return CpuBackend.load(
                model, new CpuOptions(2, Tiers.orSkip("emitted"), WeightType.AS_STORED));
    }
}
