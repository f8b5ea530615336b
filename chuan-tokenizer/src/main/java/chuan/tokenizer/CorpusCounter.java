package chuan.tokenizer;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// First half of a training: normalises texts on several threads and counts their characters and
/// their chunks, the stretches that no piece may reach out of. What is kept is proportional to the
/// different chunks, not to the text.
final class CorpusCounter {
    private static final int BATCH_CHARACTERS = 1 << 18;

    /// Stands for a place where a special piece was cut out, as in SentencePiece.
    private static final int BOUNDARY = '\t';

    private final BpeTrainerOptions options;
    private final TextNormalizer normalizer;
    private final ByteTrie specialPieces;

    CorpusCounter(BpeTrainerOptions options, List<String> special) {
        this.options = options;
        specialPieces = trie(special);
        ByteTrie kept = options.protectUserSymbols() ? trie(options.userSymbols()) : new ByteTrie();
        normalizer = new TextNormalizer(options.normalizer(), false, kept);
    }

    private static ByteTrie trie(List<String> keys) {
        var trie = new ByteTrie();
        for (String key : keys) {
            trie.add(BpeTables.utf8(key), 0);
        }
        return trie;
    }

    /// Counts by code point, and chunks of two characters or more.
    record Counts(long[] characters, ChunkCounter chunks) {}

    Counts count(Iterator<String> texts, TrainProgress progress) {
        List<Worker> workers = new ArrayList<>();
        for (int i = 0; i < options.threads(); i++) {
            workers.add(new Worker());
        }
        BlockingQueue<List<String>> queue = new ArrayBlockingQueue<>(2 * workers.size());
        try (ExecutorService pool = Executors.newFixedThreadPool(workers.size())) {
            List<Future<?>> running = new ArrayList<>();
            for (Worker worker : workers) {
                running.add(pool.submit(() -> worker.run(queue)));
            }
            try {
                feed(texts, queue, running, progress);
                for (Future<?> worker : running) {
                    worker.get();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("training was interrupted", e);
            } catch (ExecutionException e) {
                throw new IllegalStateException("counting failed: " + e.getCause(), e.getCause());
            } finally {
                pool.shutdownNow();
            }
        }
        Worker first = workers.getFirst();
        for (Worker other : workers.subList(1, workers.size())) {
            first.chunks.addAll(other.chunks);
            for (int c = 0; c < first.characters.length; c++) {
                first.characters[c] += other.characters[c];
            }
        }
        return new Counts(first.characters, first.chunks);
    }

    private void feed(
            Iterator<String> texts,
            BlockingQueue<List<String>> queue,
            List<Future<?>> running,
            TrainProgress progress)
            throws InterruptedException {
        List<String> batch = new ArrayList<>();
        long characters = 0;
        long read = 0;
        while (texts.hasNext()) {
            String text = texts.next();
            batch.add(text);
            characters += text.length();
            read++;
            if (characters >= BATCH_CHARACTERS || batch.size() >= 4096) {
                put(queue, batch, running);
                batch = new ArrayList<>();
                characters = 0;
                progress.report("reading", read, -1);
            }
        }
        put(queue, batch, running);
        for (int i = 0; i < running.size(); i++) {
            put(queue, List.of(), running); // an empty batch is the end
        }
        progress.report("reading", read, read);
    }

    /// Waits for room, but not for workers that have died.
    private static void put(
            BlockingQueue<List<String>> queue, List<String> batch, List<Future<?>> running)
            throws InterruptedException {
        while (!queue.offer(batch, 100, java.util.concurrent.TimeUnit.MILLISECONDS)) {
            if (running.stream().allMatch(Future::isDone)) {
                return;
            }
        }
    }

    private final class Worker {
        private final PieceRules rules = new PieceRules(options);
        private final long[] characters = new long[Character.MAX_CODE_POINT + 1];
        private final ChunkCounter chunks = new ChunkCounter();
        private final ByteBuilder text = new ByteBuilder(1024);
        private final ByteBuilder normal = new ByteBuilder(1024);

        void run(BlockingQueue<List<String>> queue) {
            try {
                while (true) {
                    List<String> batch = queue.take();
                    if (batch.isEmpty()) {
                        return;
                    }
                    batch.forEach(this::count);
                }
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        }

        private void count(String sentence) {
            text.size = 0;
            Utf8.append(sentence, 0, sentence.length(), text);
            int limit = options.maximumSentenceBytes();
            if (limit > 0 && text.size > limit) {
                return;
            }
            normal.size = 0;
            normalizer.normalize(text.data, 0, text.size, normal);
            countNormal(normal.data, normal.size);
        }

        private void countNormal(byte[] data, int size) {
            int chunk = 0;
            int inChunk = 0;
            int previous = -1;
            int i = 0;
            while (i < size) {
                int special =
                        specialPieces.startsWith(data[i])
                                ? specialPieces.longestMatch(data, i, size)
                                : 0;
                int decoded = special > 0 ? BOUNDARY << 3 : Utf8.decode(data, i, size);
                int c = decoded >= 0 ? decoded >> 3 : Utf8.REPLACEMENT;
                int length = special > 0 ? special : decoded >= 0 ? decoded & 7 : 1;
                boolean barrier = c == BOUNDARY || c == 0;
                if (barrier || inChunk == 0 || !rules.mayJoin(previous, c)) {
                    close(data, chunk, i, inChunk);
                    chunk = barrier ? i + length : i;
                    inChunk = 0;
                }
                if (c != 0) {
                    characters[c]++;
                }
                inChunk += barrier ? 0 : 1;
                previous = c;
                i += length;
            }
            close(data, chunk, size, inChunk);
        }

        private void close(byte[] data, int from, int to, int count) {
            if (count >= 2) {
                chunks.add(data, from, to, 1);
            }
        }
    }
}
