package chuan.torch;

import chuan.golden.OpsContractTest;
import chuan.model.BatchShape;
import chuan.model.ModelConfig;
import chuan.model.Ops;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;

/// The verbs on libtorch keep the contract of the verbs. They know no cache, so a session remembers
/// the projections of earlier steps and attends over all of them.
class TorchContractTest extends OpsContractTest<Tensor, Tensor> {
    @BeforeAll
    static void loadLibtorch() {
        try {
            Libtorch.load(1);
        } catch (TorchUnavailableException e) {
            Assumptions.abort(e.toString());
        }
    }

    @Override
    protected Session<Tensor, Tensor> open(ModelConfig config, int capacity) {
        Map<Integer, Tensor> past = new HashMap<>();
        return rows -> new Step(config, rows, past);
    }

    @Override
    protected Tensor weight(float[][] rows) {
        return rows.length == 1
                ? Tensor.create(rows[0])
                : Tensor.create(flat(rows), rows.length, rows[0].length);
    }

    @Override
    protected Tensor activation(float[][] rows) {
        return Tensor.create(flat(rows), rows.length, rows[0].length);
    }

    private static float[] flat(float[][] rows) {
        var all = new float[rows.length * rows[0].length];
        for (int r = 0; r < rows.length; r++) {
            System.arraycopy(rows[r], 0, all, r * rows[0].length, rows[0].length);
        }
        return all;
    }

    @Override
    protected float[][] values(Tensor activation) {
        Tensor whole = activation.contiguous();
        int width = Math.toIntExact(whole.size(1));
        var rows = new float[Math.toIntExact(whole.size(0))][width];
        var all = new float[rows.length * width];
        whole.data_ptr_float().get(all);
        for (int r = 0; r < rows.length; r++) {
            System.arraycopy(all, r * width, rows[r], 0, width);
        }
        return rows;
    }

    /// The next `rows` positions after those in `past`.
    private record Step(ModelConfig config, int rows, Map<Integer, Tensor> past)
            implements Ops<Tensor, Tensor> {
        private TorchOps whole(int length) {
            return new TorchOps(
                    config, BatchShape.whole(1, length), new PositionTables(config, length));
        }

        @Override
        public Tensor attend(int layer, Tensor qkv) {
            Tensor all =
                    past.merge(
                            layer,
                            qkv,
                            (before, now) -> torch.cat(new TensorVector(before, now), 0));
            int length = Math.toIntExact(all.size(0));
            return whole(length).attend(layer, all).narrow(0, length - rows, rows);
        }

        @Override
        public Tensor embed(Tensor table, int[] ids) {
            return whole(ids.length).embed(table, ids);
        }

        @Override
        public Tensor rmsNorm(Tensor x, Tensor gain, float eps) {
            return whole(rows).rmsNorm(x, gain, eps);
        }

        @Override
        public Tensor linear(Tensor x, Tensor w) {
            return whole(rows).linear(x, w);
        }

        @Override
        public Tensor swiglu(Tensor x, Tensor gate, Tensor up) {
            return whole(rows).swiglu(x, gate, up);
        }

        @Override
        public Tensor add(Tensor x, Tensor y) {
            return whole(rows).add(x, y);
        }

        @Override
        public Tensor rows(Tensor x, int[] which) {
            return whole(rows).rows(x, which);
        }
    }
}
