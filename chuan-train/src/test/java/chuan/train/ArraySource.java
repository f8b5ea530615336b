package chuan.train;

import chuan.tokenizer.Tokenizer;
import java.util.Random;

/// Tokens in memory: sentences of a tiny made-up language, so that there is something to learn.
record ArraySource(String name, int[] ids) implements TokenSource {
    /// Documents of 5 to 40 tokens in which each token mostly follows from the one before.
    static ArraySource madeUp(int tokens, int vocab, long seed) {
        var random = new Random(seed);
        var ids = new int[tokens];
        int left = 0;
        for (int i = 0; i < tokens; i++) {
            if (left == 0) {
                ids[i] = Pretrain.END_TOKEN;
                left = 5 + random.nextInt(36);
            } else {
                int previous = i == 0 ? 0 : ids[i - 1];
                boolean follows = random.nextInt(4) != 0;
                ids[i] = 3 + (follows ? (previous * 7 + 5) : random.nextInt(vocab)) % (vocab - 3);
                left--;
            }
        }
        return new ArraySource("made-up-" + seed, ids);
    }

    @Override
    public long tokens() {
        return ids.length;
    }

    @Override
    public void copy(long from, int[] into, int at, int count) {
        System.arraycopy(ids, (int) from, into, at, count);
    }

    @Override
    public long textBytes(long tokens, Tokenizer tokenizer) {
        throw new UnsupportedOperationException("made-up tokens have no text");
    }
}
