package chuan.model;

import chuan.golden.OpsContractTest;

/// The reference keeps its own contract: the bounds hold for zero difference, and the verbs do not
/// disturb each other's arguments.
class ReferenceContractTest extends OpsContractTest<float[][], float[][]> {
    @Override
    protected Session<float[][], float[][]> open(ModelConfig config, int capacity) {
        var ops = new ReferenceOps(config);
        return _ -> ops;
    }

    @Override
    protected float[][] weight(float[][] rows) {
        return rows;
    }

    @Override
    protected float[][] activation(float[][] rows) {
        return rows;
    }

    @Override
    protected float[][] values(float[][] activation) {
        return activation;
    }
}
