package chuan.engine;

import chuan.model.Backend;
import chuan.model.Batch;
import chuan.model.ContextTooLongException;
import chuan.model.KvCache;
import chuan.model.ModelConfig;
import chuan.model.Position;
import chuan.tokenizer.NormalizerSettings;
import chuan.tokenizer.PieceKind;
import chuan.tokenizer.SentencePieceModel;
import chuan.tokenizer.SentencePieceModel.Piece;
import chuan.tokenizer.SentencePieceModel.TrainingRecord;
import chuan.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/// Small fakes: a tokenizer of bytes and back ends whose next token is a function of the ids so
/// far.
final class Toys {
    static final int USER = 3;
    static final int ASSISTANT = 4;
    static final int EOS = 2;

    /// Id of the byte 0.
    static final int BYTE = 5;

    /// Tokens that a page of a fake back end holds.
    static final int PAGE = 16;

    static final int VOCAB = BYTE + 256 + 2;

    private Toys() {}

    /// Ids: unknown, `<s>`, `</s>`, user, assistant, 256 bytes, ▁, `ab`.
    static Tokenizer byteTokenizer() {
        return byteTokenizer(VOCAB);
    }

    /// The same with more pieces, to have as many as a model.
    static Tokenizer byteTokenizer(int size) {
        var pieces = new ArrayList<Piece>();
        pieces.add(new Piece("<unk>", 0, PieceKind.UNKNOWN));
        pieces.add(new Piece("<s>", 0, PieceKind.CONTROL));
        pieces.add(new Piece("</s>", 0, PieceKind.CONTROL));
        pieces.add(new Piece("<reserved_102>", 0, PieceKind.USER_DEFINED));
        pieces.add(new Piece("<reserved_103>", 0, PieceKind.USER_DEFINED));
        for (int b = 0; b < 256; b++)
            pieces.add(new Piece("<0x%02X>".formatted(b), 0, PieceKind.BYTE));
        pieces.add(new Piece("\u2581", -2, PieceKind.NORMAL));
        pieces.add(new Piece("ab", -1, PieceKind.NORMAL));
        for (int id = VOCAB; id < size; id++)
            pieces.add(new Piece("\u2581piece" + id, -3, PieceKind.NORMAL));
        return Tokenizer.of(
                new SentencePieceModel(
                        "bytes",
                        pieces,
                        NormalizerSettings.identity(),
                        true,
                        false,
                        " \u2047 ",
                        new TrainingRecord(
                                16, 1, true, true, true, false, false, "<unk>", "<s>", "</s>",
                                "<pad>")));
    }

    static int[] bytes(String text) {
        byte[] utf8 = text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        int[] ids = new int[utf8.length];
        for (int i = 0; i < ids.length; i++) ids[i] = BYTE + (utf8[i] & 255);
        return ids;
    }

    static int[] join(int[]... parts) {
        return Arrays.stream(parts).flatMapToInt(Arrays::stream).toArray();
    }

    static Engine engine(Backend backend) {
        return engine(backend, EngineOptions.defaults());
    }

    static Engine engine(Backend backend, EngineOptions options) {
        var settings =
                new GenerationSettings(
                        Set.of(EOS),
                        1000,
                        SamplingOptions.greedy(),
                        true,
                        new ChatTemplate(ChatTemplate.Format.V1, USER, ASSISTANT, EOS, false));
        return new Engine(backend, byteTokenizer(), settings, options);
    }

    /// Writes the logits that follow `ids[0, length)`.
    interface Rule {
        void logits(int[] ids, int length, float[] out, int at);
    }

    /// After the prompt, whose end is at the first call that wants logits, says `script` one by
    /// one, then the end id.
    static FakeBackend scripted(int... script) {
        return new FakeBackend(
                VOCAB,
                512,
                new Rule() {
                    private int promptLength = -1;

                    @Override
                    public void logits(int[] ids, int length, float[] out, int at) {
                        if (promptLength < 0) promptLength = length;
                        int said = length - promptLength;
                        out[at + (said < script.length ? script[said] : EOS)] = 10;
                    }
                });
    }

    static FakeBackend uniform(int vocab, int context) {
        return new FakeBackend(vocab, context, (_, _, _, _) -> {});
    }

    /// A pseudo-random distribution that depends on every id before: a cache that lost or mixed up
    /// a token gives other text.
    static FakeBackend hashing(int context, double endLogit) {
        return new FakeBackend(
                VOCAB,
                context,
                (ids, length, out, at) -> {
                    long hash = 1;
                    for (int i = 0; i < length; i++) hash = hash * 1_000_003 + ids[i];
                    var random = new SplittableRandom(hash);
                    for (int id = 0; id < VOCAB; id++) out[at + id] = (float) random.nextDouble(8);
                    out[at + EOS] = (float) endLogit;
                });
    }

    static final class FakeBackend implements Backend {
        private final ModelConfig config;
        private final Rule rule;

        /// Tokens that went through `forward`, and the longest single call.
        int tokens;

        int longestStep;
        int openCaches;
        private final java.util.Set<FakeCache> caches =
                java.util.Collections.newSetFromMap(new java.util.IdentityHashMap<>());
        Runnable beforeStep = () -> {};
        java.util.function.Consumer<Batch> watcher = _ -> {};

        FakeBackend(int vocab, int context, Rule rule) {
            var shape = ModelConfig.baichuan(vocab, 8, 8, 1, 1, new Position.Alibi());
            config =
                    new ModelConfig(
                            vocab,
                            shape.hidden(),
                            shape.ff(),
                            1,
                            1,
                            1,
                            8,
                            context,
                            1e-6f,
                            shape.position(),
                            false,
                            false,
                            0);
            this.rule = rule;
        }

        @Override
        public ModelConfig config() {
            return config;
        }

        @Override
        public String description() {
            return "fake";
        }

        @Override
        public synchronized KvCache newCache(int capacity) {
            openCaches++;
            var cache = new FakeCache(this, capacity);
            caches.add(cache);
            return cache;
        }

        @Override
        public void forward(Batch batch, float[] out) {
            beforeStep.run();
            watcher.accept(batch);
            int row = 0;
            for (int slice = 0; slice < batch.size(); slice++) {
                int from = batch.from(slice);
                int to = batch.to(slice);
                var held = (FakeCache) batch.cache(slice);
                tokens += to - from;
                longestStep = Math.max(longestStep, to - from);
                for (int i = from; i < to; i++) {
                    held.append(batch.ids(slice)[i]);
                    if (i < to - batch.wanted(slice)) continue;
                    Arrays.fill(out, row * config.vocab(), (row + 1) * config.vocab(), 0);
                    rule.logits(held.ids, held.length, out, row * config.vocab());
                    row++;
                }
            }
        }

        /// Numbers that depend on all tokens so far.
        @Override
        public void hidden(KvCache cache, int[] ids, int from, int to, float[] out) {
            var held = (FakeCache) cache;
            int width = config.hidden();
            for (int i = from; i < to; i++) {
                held.append(ids[i]);
                var random =
                        new SplittableRandom(Arrays.hashCode(Arrays.copyOf(held.ids, held.length)));
                for (int k = 0; k < width; k++)
                    out[(i - from) * width + k] = (float) random.nextDouble(-1, 1);
            }
            tokens += to - from;
        }

        @Override
        public long kvBytes(int tokens) {
            return (long) Math.ceilDiv(tokens, PAGE) * PAGE;
        }

        /// A page that several caches hold counts once.
        @Override
        public synchronized long kvUsedBytes() {
            var pages = java.util.Collections.newSetFromMap(new java.util.IdentityHashMap<>());
            for (FakeCache cache : caches) pages.addAll(cache.pages);
            return (long) pages.size() * PAGE;
        }

        @Override
        public void close() {}
    }

    /// Made, filled and closed by several threads: its owner is the lock.
    private static final class FakeCache implements KvCache {
        private final FakeBackend owner;
        private final int[] ids;
        private final List<Object> pages = new ArrayList<>();
        private int length;

        FakeCache(FakeBackend owner, int capacity) {
            this.owner = owner;
            ids = new int[capacity];
        }

        /// As a back end does that shares pages: a page that is written to has one user.
        void append(int id) {
            synchronized (owner) {
                if (length == ids.length) throw new ContextTooLongException(length + 1, ids.length);
                if (length == pages.size() * PAGE) {
                    pages.add(new Object());
                } else {
                    var last = pages.getLast();
                    boolean shared =
                            owner.caches.stream()
                                    .anyMatch(c -> c != this && c.pages.contains(last));
                    if (shared) pages.set(pages.size() - 1, new Object());
                }
                ids[length++] = id;
            }
        }

        @Override
        public void adopt(KvCache other, int newLength) {
            synchronized (owner) {
                var donor = (FakeCache) other;
                if (length > 0 || newLength > donor.length || newLength > ids.length)
                    throw new IllegalArgumentException("cannot take over " + newLength);
                System.arraycopy(donor.ids, 0, ids, 0, newLength);
                pages.addAll(donor.pages.subList(0, Math.ceilDiv(newLength, PAGE)));
                length = newLength;
            }
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
        public void truncate(int newLength) {
            synchronized (owner) {
                if (newLength > length) throw new IllegalArgumentException("longer than " + length);
                length = newLength;
                while (pages.size() > Math.ceilDiv(length, PAGE)) pages.removeLast();
            }
        }

        @Override
        public void close() {
            synchronized (owner) {
                if (!owner.caches.remove(this)) throw new IllegalStateException("closed twice");
                owner.openCaches--;
            }
        }
    }
}
