package chuan.corpus;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;

/// Stage 6: keeps the first of every group of equal or nearly equal documents. Candidates come from
/// MinHash bands; each is then compared exactly, so nothing is dropped on a chance collision.
/// Memory: about 0.5 KB a document.
///
/// The caller decides who is first: held-out documents, so that no copy of them is trained on.
final class Deduplicate {
    private static final int MOST_CANDIDATES = 64;
    private static final int CACHED_SHINGLES = 4096;

    private final DocumentStore store;
    private final double threshold;
    private final int threads;
    private final Set<Long> contents = new HashSet<>();
    private final LongIntMultimap bandToDocument = new LongIntMultimap();
    private final Map<Integer, long[]> shinglesOf =
            new LinkedHashMap<>(256, 0.75f, true) {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<Integer, long[]> eldest) {
                    return size() > CACHED_SHINGLES;
                }
            };

    private record Sketch(int document, long content, long[] shingles, long[] bands) {}

    Deduplicate(DocumentStore store, double threshold, int threads) {
        this.store = store;
        this.threshold = threshold;
        this.threads = threads;
    }

    /// Calls `verdict` for every document in the given order: empty to keep it, else why not.
    void run(int[] order, BiConsumer<Integer, Optional<String>> verdict) {
        Iterator<Integer> documents = IntStream.of(order).iterator();
        Parallel.ordered(
                documents,
                threads,
                this::sketch,
                sketch -> verdict.accept(sketch.document(), judge(sketch)));
    }

    private Sketch sketch(int document) {
        long[] shingles = MinHash.shingles(store.get(document).text());
        long content = shingles.length;
        for (long shingle : shingles) {
            content = Hash.mix(content * 31 + shingle);
        }
        return new Sketch(document, content, shingles, MinHash.bands(shingles));
    }

    private Optional<String> judge(Sketch sketch) {
        if (!contents.add(sketch.content())) {
            return Optional.of("exact duplicate");
        }
        Set<Integer> candidates = new LinkedHashSet<>();
        for (long band : sketch.bands()) {
            bandToDocument.forEach(band, MOST_CANDIDATES, candidates::add);
        }
        for (int candidate : List.copyOf(new ArrayList<>(candidates))) {
            long[] shingles =
                    shinglesOf.computeIfAbsent(
                            candidate, c -> MinHash.shingles(store.get(c).text()));
            if (MinHash.jaccard(sketch.shingles(), shingles) >= threshold) {
                return Optional.of("near-duplicate");
            }
        }
        for (long band : sketch.bands()) {
            bandToDocument.put(band, sketch.document());
        }
        return Optional.empty();
    }
}
