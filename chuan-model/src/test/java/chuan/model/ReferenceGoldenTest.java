package chuan.model;

import chuan.files.ModelFolder;
import chuan.golden.GoldenModelTest;

class ReferenceGoldenTest extends GoldenModelTest {
    @Override
    protected Backend load(ModelFolder folder) {
        return new ReferenceBackend(folder.config(), folder.rows());
    }
}
