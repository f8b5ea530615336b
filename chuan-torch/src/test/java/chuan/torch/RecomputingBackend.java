package chuan.torch;

import chuan.files.ModelFolder;
import chuan.model.Backend;
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
    public void forward(KvCache cache, int[] ids, int from, int to, int wanted, float[] out) {
        var sofar = (Tokens) cache;
        System.arraycopy(ids, from, sofar.ids, sofar.length, to - from);
        sofar.length += to - from;
        int length = sofar.length;
        var rows = new int[wanted];
        for (int i = 0; i < wanted; i++) {
            rows[i] = length - wanted + i;
        }
        try (var _ = new TensorScope();
                var _ = new NoGradGuard();
                var tables = new PositionTables(config, length);
                var ops = new TorchOps(config, TorchBatch.whole(1, length), tables)) {
            Tensor logits = decoder.logits(ops, Arrays.copyOf(sofar.ids, length), rows);
            logits.contiguous().data_ptr_float().get(out, 0, wanted * config.vocab());
        }
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
        public void close() {}
    }
}
