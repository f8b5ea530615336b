package chuan.train;

import chuan.tokenizer.MalformedTokenizerException;
import chuan.tokenizer.TokenShard;
import chuan.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/// A token shard file as a source. Stays mapped for the life of the process.
final class ShardSource implements TokenSource {
    private final Path file;
    private final TokenShard shard;

    private ShardSource(Path file, TokenShard shard) {
        this.file = file;
        this.shard = shard;
    }

    /// @param vocab of the model that will read the tokens
    /// @throws TrainingException if the file is none, is for more tokens than the model has, or its
    ///   documents lack the end token
    static ShardSource open(Path file, int vocab) {
        TokenShard shard;
        try {
            shard = TokenShard.open(file);
        } catch (IOException e) {
            throw new TrainingException(file + ": cannot be read (" + e.getMessage() + ")", e);
        } catch (MalformedTokenizerException e) {
            throw new TrainingException(String.valueOf(e.getMessage()), e);
        }
        if (shard.vocabularySize() > vocab) {
            throw new TrainingException(
                    "%s: made with a tokenizer of %d pieces, model.vocab is %d"
                            .formatted(file, shard.vocabularySize(), vocab));
        }
        if (shard.documents() == 0) {
            throw new TrainingException(file + ": holds no document");
        }
        long last = shard.documentStart(1) - 1;
        if (last < 0 || shard.token(last) != Pretrain.END_TOKEN) {
            throw new TrainingException(
                    "%s: documents do not end with the end token %d"
                            .formatted(file, Pretrain.END_TOKEN));
        }
        return new ShardSource(file, shard);
    }

    @Override
    public String name() {
        return file.toString();
    }

    @Override
    public long tokens() {
        return shard.tokens();
    }

    @Override
    public void copy(long from, int[] into, int at, int count) {
        shard.copy(from, count, into, at);
    }

    /// All of it: as counted when the shard was written. A part: its tokens decoded, which is the
    /// text as the tokenizer's normaliser left it.
    @Override
    public long textBytes(long tokens, Tokenizer tokenizer) {
        if (tokens >= shard.tokens() && shard.textBytes() > 0) {
            return shard.textBytes();
        }
        long bytes = 0;
        long last = Math.min(tokens, shard.tokens());
        for (long d = 0; d < shard.documents() && shard.documentStart(d) < last; d++) {
            long from = shard.documentStart(d);
            long to = Math.min(last, shard.documentStart(d + 1));
            if (to > from && shard.token(to - 1) == Pretrain.END_TOKEN) {
                to--;
            }
            var ids = new int[Math.toIntExact(to - from)];
            copy(from, ids, 0, ids.length);
            bytes += tokenizer.decode(ids).getBytes(StandardCharsets.UTF_8).length;
        }
        return bytes;
    }
}
