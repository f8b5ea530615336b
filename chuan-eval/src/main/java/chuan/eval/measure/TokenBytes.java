package chuan.eval.measure;

import chuan.tokenizer.StreamingDecoder;
import chuan.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;

/// How many bytes of a document each of its tokens ends: a character counts where its last byte is.
/// One thread at a time.
final class TokenBytes {
    private final Tokenizer tokenizer;
    private final boolean startId;
    private StreamingDecoder decoder;

    /// @param startId whether the first id of a document is a mark and no text
    TokenBytes(Tokenizer tokenizer, boolean startId) {
        this.tokenizer = tokenizer;
        this.startId = startId;
        decoder = tokenizer.streamingDecoder();
    }

    /// Of the tokens of a document in their order, from the second on, which has the bytes of the
    /// first with it.
    ///
    /// @param at 1 begins a document
    long of(int[] ids, int at) {
        if (at > 1) return bytes(ids[at]);
        decoder = tokenizer.streamingDecoder();
        return (startId ? 0 : bytes(ids[0])) + bytes(ids[1]);
    }

    private long bytes(int id) {
        return decoder.accept(id).getBytes(StandardCharsets.UTF_8).length;
    }
}
