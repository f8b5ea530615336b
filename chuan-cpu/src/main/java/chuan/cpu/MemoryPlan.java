package chuan.cpu;

import chuan.model.KvType;
import chuan.model.ModelConfig;
import chuan.model.Position;

/// What running a model on the CPU takes, in bytes, known before anything is loaded.
///
/// @param weightBytes all weights, as they are held ([WeightSizes])
/// @param kvBytes keys and values: of one sequence of `contextTokens`, in whole pages, or what a
///   server has for all of its sequences
/// @param scratchBytes values between the verbs of a step, logits, tables, and the Java runtime
public record MemoryPlan(
        int contextTokens, KvType kv, long weightBytes, long kvBytes, long scratchBytes) {

    /// Resident memory of the JVM with its code and classes, as measured on Linux with a model of
    /// 20 MB, rounded up.
    private static final long RUNTIME_BYTES = 200_000_000;

    /// What the HTTP server takes besides, with 2,000 open connections of which 16 are answered, as
    /// measured on Linux with `bench/serve_load.py`, rounded up.
    private static final long SERVER_BYTES = 400_000_000;

    /// Rows of logits that a command keeps at once, at most.
    private static final int LOGIT_ROWS = 64;

    /// Weight rows that a thread widens at once, at most.
    private static final int WIDE_ROWS = 16;

    /// Widths of the results that live side by side: see [CpuOps].
    private static final int PLACES = 4;

    /// @param weightBytes as of [WeightSizes]
    /// @param threads that compute
    public static MemoryPlan of(
            ModelConfig c, long weightBytes, KvType kv, int contextTokens, int threads) {
        if (contextTokens <= 0)
            throw new IllegalArgumentException("a context of " + contextTokens + " tokens");
        long pages = Math.ceilDiv(contextTokens, KvPages.POSITIONS);
        long kvBytes = Math.multiplyExact(pages, KvPages.POSITIONS * kv.bytesPerToken(c));
        return new MemoryPlan(
                contextTokens, kv, weightBytes, kvBytes, scratch(c, contextTokens, threads));
    }

    /// What a server takes: keys and values for many sequences, logits for many rows of a step, and
    /// the HTTP server with the connections of its clients.
    ///
    /// @param poolBytes keys and values of all sequences
    /// @param logitRows of a step
    public MemoryPlan served(ModelConfig c, long poolBytes, long logitRows) {
        long rows = Math.addExact(logitRows, Math.min(logitRows, CpuBackend.STEP));
        long logits = Math.multiplyExact(rows, Float.BYTES * (long) c.vocab());
        long scratch = Math.addExact(scratchBytes + SERVER_BYTES, logits);
        return new MemoryPlan(contextTokens, kv, weightBytes, poolBytes, scratch);
    }

    private static long scratch(ModelConfig c, int contextTokens, int threads) {
        long widest = Math.max(Math.max(c.qkvWidth(), c.ff()), c.hidden());
        long step = CpuBackend.STEP * (c.hidden() + c.ff() + PLACES * widest);
        long logits = 2L * LOGIT_ROWS * c.vocab();
        long perThread = WIDE_ROWS * widest + AttentionTile.floats(c);
        long rotary =
                switch (c.position()) {
                    case Position.Alibi _ -> 0;
                    case Position.Rope _ -> (long) contextTokens * c.headDim();
                };
        return RUNTIME_BYTES + Float.BYTES * (step + logits + threads * perThread + rotary);
    }

    public long totalBytes() {
        return Math.addExact(weightBytes, Math.addExact(kvBytes, scratchBytes));
    }

    /// The largest context of whole pages, at most `most` tokens, that takes no more than
    /// `availableBytes` in all; 0 if not even a page does.
    public static int largestContext(
            ModelConfig c,
            long weightBytes,
            KvType kv,
            int threads,
            long availableBytes,
            int most) {
        int fits = 0;
        int tooMany = Math.ceilDiv(most, KvPages.POSITIONS) + 1;
        while (tooMany - fits > 1) {
            int middle = (fits + tooMany) >>> 1;
            int tokens = Math.min(most, middle * KvPages.POSITIONS);
            boolean enough = of(c, weightBytes, kv, tokens, threads).totalBytes() <= availableBytes;
            if (enough) fits = middle;
            else tooMany = middle;
        }
        return Math.min(most, fits * KvPages.POSITIONS);
    }
}
