package chuan.model;

import chuan.files.ModelFolder;
import chuan.golden.GgufGoldenTest;

/// The executable specification reads what llama.cpp wrote.
class ReferenceGgufTest extends GgufGoldenTest {
    @Override
    protected Backend load(ModelFolder model) {
        return new ReferenceBackend(model.config(), model.rows());
    }
}
