package chuan.torch;

import static org.bytedeco.pytorch.global.torch.cat;
import static org.bytedeco.pytorch.global.torch.linalg_vector_norm;
import static org.bytedeco.pytorch.global.torch.matmul;
import static org.bytedeco.pytorch.global.torch.silu;
import static org.bytedeco.pytorch.global.torch.softmax;

import chuan.model.BatchShape;
import chuan.model.ModelConfig;
import chuan.model.Ops;
import chuan.model.Position;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// The seven verbs on libtorch for one training step over one batch, without a cache. Activations
/// are `[sequences * tokens, width]`; gradients come from libtorch's autograd.
///
/// Results live until the enclosing [TensorScope] closes. One thread only.
public final class TorchOps implements Ops<Tensor, Tensor>, AutoCloseable {
    private final ModelConfig config;
    private final BatchShape batch;
    private final PositionTables tables;
    private final Tensor bias;

    /// A step over `batch`.
    ///
    /// @param tables made for the batch's length; stays with the caller
    public TorchOps(ModelConfig config, BatchShape batch, PositionTables tables) {
        if (tables.tokens != batch.tokens()) {
            throw new IllegalArgumentException(
                    "tables of " + tables.tokens + " positions for " + batch.tokens());
        }
        this.config = config;
        this.batch = batch;
        this.tables = tables;
        bias = TensorScope.keep(batch.segments().length == 0 ? tables.bias : segmentBias());
    }

    /// `[sequences, heads, tokens, tokens]`: the tables' bias, and minus infinity across documents.
    private Tensor segmentBias() {
        return TensorScope.local(() -> {
            long n = batch.sequences();
            long t = batch.tokens();
            Tensor segments = Tensor.create(batch.segments(), n, t);
            Tensor foreign = segments.view(n, 1, t, 1).ne(segments.view(n, 1, 1, t));
            return tables.bias.masked_fill(foreign, new Scalar(Double.NEGATIVE_INFINITY));
        });
    }

    /// The row of the padding token never gets a gradient, as in the official model.
    @Override
    public Tensor embed(Tensor table, int[] ids) {
        return torch.embedding(table, indices(ids), config.padId(), false, false);
    }

    /// By the norm of a row rather than the mean of its squares: one pass fewer over the row,
    /// forward and backward.
    @Override
    public Tensor rmsNorm(Tensor x, Tensor gain, float eps) {
        return TensorScope.local(() -> {
            Tensor norm =
                    linalg_vector_norm(
                            x, new Scalar(2), new long[] {-1}, true, new ScalarTypeOptional());
            Tensor meanSquare = norm.mul(norm).mul(new Scalar(1.0 / x.size(-1)));
            return x.mul(meanSquare.add(new Scalar(eps)).rsqrt()).mul(gain);
        });
    }

    @Override
    public Tensor linear(Tensor x, Tensor w) {
        return torch.linear(x, w);
    }

    @Override
    public Tensor attend(int layer, Tensor qkv) {
        return TensorScope.local(() -> {
            long heads = config.heads();
            long kvHeads = config.kvHeads();
            long width = config.headDim();
            Tensor q = rotate(split(qkv, 0, heads));
            Tensor k = rotate(split(qkv, heads, kvHeads));
            Tensor v = split(qkv, heads + kvHeads, kvHeads);
            // Scaled on the small side; added in fp32, where distances stay exact.
            Tensor scores =
                    matmul(q.mul(new Scalar(1 / Math.sqrt(width))), shared(k).transpose(2, 3));
            Tensor weights = softmax(scores.to(ScalarType.Float).add(bias), -1);
            Tensor mixed = matmul(weights.to(qkv.scalar_type()), shared(v));
            return mixed.transpose(1, 2).reshape(batch.rows(), heads * width);
        });
    }

    /// `count` heads from head `first` on: `[sequences, count, tokens, headDim]`, a view.
    private Tensor split(Tensor qkv, long first, long count) {
        long width = config.headDim();
        return qkv.narrow(1, first * width, count * width)
                .unflatten(1, count, width)
                .unflatten(0, batch.sequences(), batch.tokens())
                .transpose(1, 2);
    }

    /// Every key/value head once for each of the query heads that share it.
    private Tensor shared(Tensor x) {
        long group = config.heads() / config.kvHeads();
        return group == 1 ? x : x.repeat_interleave(group, new LongOptional(1), new LongOptional());
    }

    private Tensor rotate(Tensor x) {
        return switch (config.position()) {
            case Position.Alibi _ -> x;
            case Position.Rope _ -> {
                long half = config.headDim() / 2;
                var halves = new TensorVector(x.narrow(3, half, half), x.narrow(3, 0, half));
                yield x.mul(tables.cos).add(cat(halves, 3).mul(tables.sin));
            }
        };
    }

    @Override
    public Tensor swiglu(Tensor x, Tensor gate, Tensor up) {
        return TensorScope.local(() -> silu(linear(x, gate)).mul(linear(x, up)));
    }

    /// A new tensor: autograd still needs `x`.
    @Override
    public Tensor add(Tensor x, Tensor y) {
        return x.add(y);
    }

    @Override
    public Tensor rows(Tensor x, int[] which) {
        return isAllOf(which, x.size(0)) ? x : x.index_select(0, indices(which));
    }

    private static boolean isAllOf(int[] which, long rows) {
        if (which.length != rows) {
            return false;
        }
        for (int i = 0; i < which.length; i++) {
            if (which[i] != i) {
                return false;
            }
        }
        return true;
    }

    /// Row numbers or token ids as an int64 tensor.
    public static Tensor indices(int[] values) {
        var wide = new long[values.length];
        for (int i = 0; i < wide.length; i++) {
            wide[i] = values[i];
        }
        return Tensor.create(wide);
    }

    @Override
    public void close() {
        if (batch.segments().length != 0) {
            bias.close();
        }
    }
}
