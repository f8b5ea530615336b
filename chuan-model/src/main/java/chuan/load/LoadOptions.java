package chuan.load;

import chuan.model.KvType;
import java.util.Optional;

/// What the one who opens a model may decide. A value: the `with` methods give changed copies.
///
/// @param backend name of the back end; "" = the best that is on the class path
/// @param threads that compute; 0 = one per processor
/// @param context tokens that a sequence may have, prompt and answer together; 0 = what the model
///   was made for
/// @param kv number format of keys and values; empty = exact while that is cheap
/// @param exact arithmetic is never rounded for speed: activations meet quantized weights in fp32
///   instead of in 8 bits
public record LoadOptions(
        String backend, int threads, int context, Optional<KvType> kv, boolean exact) {

    public LoadOptions {
        if (threads < 0 || threads > 4096)
            throw new IllegalArgumentException("threads: " + threads + " is not a number of them");
        if (context < 0)
            throw new IllegalArgumentException(
                    "context: " + context + " is not a number of tokens");
    }

    /// What suits most.
    public static LoadOptions defaults() {
        return new LoadOptions("", 0, 0, Optional.empty(), false);
    }

    public LoadOptions withBackend(String value) {
        return new LoadOptions(value, threads, context, kv, exact);
    }

    public LoadOptions withThreads(int value) {
        return new LoadOptions(backend, value, context, kv, exact);
    }

    public LoadOptions withContext(int value) {
        return new LoadOptions(backend, threads, value, kv, exact);
    }

    public LoadOptions withKv(KvType value) {
        return new LoadOptions(backend, threads, context, Optional.of(value), exact);
    }

    public LoadOptions withExact(boolean value) {
        return new LoadOptions(backend, threads, context, kv, value);
    }
}
