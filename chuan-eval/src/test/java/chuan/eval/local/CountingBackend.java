package chuan.eval.local;

import chuan.model.Backend;
import chuan.model.Batch;
import chuan.model.KvCache;
import chuan.model.ModelConfig;

/// Counts the tokens that go through another back end.
final class CountingBackend implements Backend {
    private final Backend backend;
    int tokens;

    CountingBackend(Backend backend) {
        this.backend = backend;
    }

    @Override
    public ModelConfig config() {
        return backend.config();
    }

    @Override
    public String description() {
        return backend.description();
    }

    @Override
    public KvCache newCache(int capacity) {
        return backend.newCache(capacity);
    }

    @Override
    public void forward(Batch batch, float[] out) {
        for (int i = 0; i < batch.size(); i++) tokens += batch.to(i) - batch.from(i);
        backend.forward(batch, out);
    }

    @Override
    public void hidden(KvCache cache, int[] ids, int from, int to, float[] out) {
        backend.hidden(cache, ids, from, to, out);
    }

    @Override
    public long kvBytes(int tokenCount) {
        return backend.kvBytes(tokenCount);
    }

    @Override
    public long kvUsedBytes() {
        return backend.kvUsedBytes();
    }

    @Override
    public void close() {
        backend.close();
    }
}
