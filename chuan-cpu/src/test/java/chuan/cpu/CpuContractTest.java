package chuan.cpu;

import chuan.golden.OpsContractTest;
import chuan.kernel.Kernels;
import chuan.kernel.Matrix;
import chuan.kernel.Tiers;
import chuan.kernel.WeightFormat;
import chuan.model.KvType;
import chuan.model.ModelConfig;
import chuan.model.Ops;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/// The contract of the verbs for one choice of kernels, two threads and weights in fp32.
abstract class CpuContractTest extends OpsContractTest<Activation, CpuWeight> {
    private final Kernels kernels;

    CpuContractTest(String kernels) {
        this.kernels = Tiers.orSkip(kernels).kernels();
    }

    @Override
    protected Session<Activation, CpuWeight> open(ModelConfig config, int capacity) {
        var pool = new WorkerPool(2);
        var ops = new CpuOps(config, kernels, ActivationType.F32, Window.AUTO, pool);
        var pages = new KvPages(config, KvType.F32);
        var cache = pages.newCache(capacity);
        return new Session<>() {
            private final Step step = new Step(capacity);
            private int pending;

            @Override
            public Ops<Activation, CpuWeight> step(int rows) {
                cache.extend(pending);
                pending = rows;
                ops.begin(step.clear().add(cache, new int[rows], 0, rows, rows));
                return ops;
            }

            @Override
            public void close() {
                pool.close();
                pages.close();
            }
        };
    }

    @Override
    protected CpuWeight weight(float[][] rows) {
        if (rows.length == 1) return new CpuWeight.Gain(rows[0].clone());
        int columns = rows[0].length;
        var memory = Arena.ofAuto().allocate(4L * rows.length * columns, 64);
        for (int r = 0; r < rows.length; r++)
            for (int i = 0; i < columns; i++)
                memory.setAtIndex(ValueLayout.JAVA_FLOAT, (long) r * columns + i, rows[r][i]);
        return new CpuWeight.Linear(
                new Matrix(WeightFormat.F32, rows.length, columns, memory, new float[0]));
    }

    @Override
    protected Activation activation(float[][] rows) {
        var out = new Activation().shape(rows.length, rows[0].length);
        for (int r = 0; r < rows.length; r++)
            System.arraycopy(rows[r], 0, out.data(), r * out.width(), out.width());
        return out;
    }

    @Override
    protected float[][] values(Activation x) {
        var out = new float[x.rows()][];
        for (int r = 0; r < out.length; r++)
            out[r] = Arrays.copyOfRange(x.data(), r * x.width(), (r + 1) * x.width());
        return out;
    }
}
