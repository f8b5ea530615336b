package chuan.measure;

import chuan.files.DType;
import chuan.files.ModelFolder;
import chuan.model.KvType;
import chuan.model.ModelConfig;
import chuan.model.Weights;

/// What a model asks of a machine, counted from shapes and types.
///
/// @param parameters in all
/// @param weightBytes in all, as they are held
/// @param readBytes of the weights that every step reads: all but the embedding, of which a token
///   takes a row
/// @param blockMultiplyAdds of a token with the weights of the blocks
/// @param headMultiplyAdds of a token whose logits are asked for
/// @param kvBytes of keys and values of one token
public record ModelWork(
        long parameters,
        long weightBytes,
        long readBytes,
        long blockMultiplyAdds,
        long headMultiplyAdds,
        long kvBytes) {

    /// Bytes of a weight as it is held.
    public interface Sizes {
        long bytes(String name, long... shape);
    }

    public static ModelWork of(ModelConfig c, KvType kv, Sizes sizes) {
        var sum = new long[4];
        Weights.of(
                c,
                (name, shape) -> {
                    long elements = DType.F32.byteCount(shape) / Float.BYTES;
                    long bytes = sizes.bytes(name, shape);
                    boolean embedding = name.equals(Weights.EMBEDDING);
                    boolean output =
                            name.equals(Weights.OUTPUT) || (embedding && c.tiedEmbeddings());
                    sum[0] += elements;
                    sum[1] += bytes;
                    if (!embedding || output) sum[2] += bytes;
                    if (shape.length == 2 && !embedding && !output) sum[3] += elements;
                    return name;
                });
        long head = (long) c.vocab() * c.hidden();
        return new ModelWork(sum[0], sum[1], sum[2], sum[3], head, kv.bytesPerToken(c));
    }

    /// Weights as the files have them.
    public static Sizes stored(ModelFolder folder) {
        return (name, shape) ->
                folder.storedParts(name, shape).stream()
                        .mapToLong(part -> part.data().byteSize())
                        .sum();
    }

    /// Weights in these types; gains are fp32.
    public static Sizes typed(DType matrices, DType embeddings) {
        return (name, shape) -> {
            if (shape.length == 1) return DType.F32.byteCount(shape);
            boolean outside = name.equals(Weights.EMBEDDING) || name.equals(Weights.OUTPUT);
            return (outside ? embeddings : matrices).byteCount(shape);
        };
    }

    /// Bytes that generating must read for each token, on average over the tokens of the case. The
    /// sequences of a batch share the weights.
    ///
    /// @param skipped share of the keys and values that attention leaves out
    public double bytesPerToken(SpeedCase c, double skipped) {
        double held = c.depth() + (c.length() + 1) / 2.0;
        return (double) readBytes / c.batch() + kvBytes * held * (1 - skipped);
    }

    /// Multiply-adds with weights that reading a prompt takes for each token: logits of the last
    /// one only.
    public double multiplyAddsPerToken(SpeedCase c) {
        return blockMultiplyAdds + (double) headMultiplyAdds / c.length();
    }
}
