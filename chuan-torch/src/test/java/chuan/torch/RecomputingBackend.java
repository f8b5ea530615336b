package chuan.torch;

import chuan.files.ModelFolder;
import chuan.model.Backend;
import chuan.model.Batch;
import chuan.model.BatchShape;
import chuan.model.Decoder;
import chuan.model.KvCache;
import chuan.model.ModelConfig;
import java.util.Arrays;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/// A back end without a cache, for tests: the decoder over [TorchOps], from the first token each
/// time.
final class RecomputingBackend implements Backend {
    private final ModelConfig config;
    private final TorchParameters parameters;
    private final Decoder<Tensor> decoder;

    RecomputingBackend(ModelFolder folder) {
        config = folder.config();
        parameters =
                new TorchParameters(
                        config,
                        (name, shape) ->
                                Tensor.create(folder.tensor(name, shape).toFloats(), shape));
        decoder = new Decoder<>(config, parameters.weights());
    }

    @Override
    public ModelConfig config() {
        return config;
    }

    @Override
    public String description() {
        return "libtorch without a cache";
    }

    @Override
    public KvCache newCache(int capacity) {
        return new Tokens(new int[capacity]);
    }

    @Override
    public void forward(Batch batch, float[] out) {
        int row = 0;
        for (int slice = 0; slice < batch.size(); slice++) {
            int from = batch.from(slice);
            int tokens = batch.to(slice) - from;
            var sofar = (Tokens) batch.cache(slice);
            System.arraycopy(batch.ids(slice), from, sofar.ids, sofar.length, tokens);
            sofar.length += tokens;
            var rows = new int[batch.wanted(slice)];
            for (int i = 0; i < rows.length; i++) rows[i] = sofar.length - rows.length + i;
            if (rows.length > 0) recompute(sofar, rows, out, row);
            row += rows.length;
        }
    }

    /// Logits of `rows` of a sequence, to `out` from row `outRow` on.
    private void recompute(Tokens sofar, int[] rows, float[] out, int outRow) {
        int length = sofar.length;
        int vocab = config.vocab();
        try (var _ = new TensorScope();
                var _ = new NoGradGuard();
                var tables = new PositionTables(config, length);
                var ops = new TorchOps(config, BatchShape.whole(1, length), tables)) {
            Tensor logits = decoder.logits(ops, Arrays.copyOf(sofar.ids, length), rows);
            logits.contiguous().data_ptr_float().get(out, outRow * vocab, rows.length * vocab);
        }
    }

    @Override
    public void hidden(KvCache cache, int[] ids, int from, int to, float[] out) {
        var sofar = (Tokens) cache;
        System.arraycopy(ids, from, sofar.ids, sofar.length, to - from);
        sofar.length += to - from;
        int length = sofar.length;
        int width = config.hidden();
        try (var _ = new TensorScope();
                var _ = new NoGradGuard();
                var tables = new PositionTables(config, length);
                var ops = new TorchOps(config, BatchShape.whole(1, length), tables)) {
            Tensor all = decoder.hidden(ops, Arrays.copyOf(sofar.ids, length));
            var rows = new float[length * width];
            all.contiguous().data_ptr_float().get(rows);
            System.arraycopy(rows, (length - to + from) * width, out, 0, (to - from) * width);
        }
    }

    @Override
    public long kvBytes(int tokens) {
        return (long) tokens * Integer.BYTES;
    }

    @Override
    public long kvUsedBytes() {
        return 0;
    }

    @Override
    public void close() {
        parameters.close();
    }

    private static final class Tokens implements KvCache {
        private final int[] ids;
        private int length;

        Tokens(int[] ids) {
            this.ids = ids;
        }

        @Override
        public int length() {
            return length;
        }

        @Override
        public int capacity() {
            return ids.length;
        }

        @Override
        public void truncate(int length) {
            this.length = length;
        }

        @Override
        public void adopt(KvCache other, int newLength) {
            System.arraycopy(((Tokens) other).ids, 0, ids, 0, newLength);
            length = newLength;
        }

        @Override
        public void close() {}
    }
}
