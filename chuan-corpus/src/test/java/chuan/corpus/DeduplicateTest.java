package chuan.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeduplicateTest {
    private static final Source SOURCE =
            new Source("s", "en", "A", "", 1, 0, List.of(), SourceRules.PLAIN);

    @TempDir Path folder;

    private static String words(Random random, int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append("word").append(random.nextInt(100_000)).append(i % 9 == 8 ? ".\n" : " ");
        }
        return text.toString();
    }

    /// Replaces one word in `every`, so that every replacement breaks five shingles.
    private static String edited(String text, int every) {
        String[] words = text.split(" ");
        for (int i = every / 2; i < words.length; i += every) {
            words[i] = "changed" + i;
        }
        return String.join(" ", words);
    }

    private static double jaccardByStrings(String a, String b) {
        Set<String> left = shinglesByStrings(a);
        Set<String> right = shinglesByStrings(b);
        Set<String> both = new HashSet<>(left);
        both.retainAll(right);
        left.addAll(right);
        return (double) both.size() / left.size();
    }

    private static Set<String> shinglesByStrings(String text) {
        String[] words = text.toLowerCase(java.util.Locale.ROOT).split("[^a-z0-9]+");
        Set<String> shingles = new HashSet<>();
        for (int i = 0; i + 5 <= words.length; i++) {
            shingles.add(String.join(" ", List.of(words).subList(i, i + 5)));
        }
        return shingles;
    }

    private Map<Integer, Optional<String>> run(List<String> texts, int[] order, int threads) {
        Map<Integer, Optional<String>> verdicts = new HashMap<>();
        try (var store = new DocumentStore(folder.resolve("store" + threads))) {
            for (int i = 0; i < texts.size(); i++) {
                store.add(SOURCE, new Document("d" + i, "en", "s", "", "", texts.get(i)));
            }
            new Deduplicate(store, 0.7, threads).run(order, verdicts::put);
        }
        return verdicts;
    }

    @Test
    void jaccardEqualsTheOneOfStringSets() {
        Random random = new Random(1);
        for (int every : new int[] {7, 20, 60, 200}) {
            String a = words(random, 400);
            String b = edited(a, every);
            double ours = MinHash.jaccard(MinHash.shingles(a), MinHash.shingles(b));
            System.out.printf("one word of %d changed: Jaccard %.3f%n", every, ours);
            assertThat(ours).isEqualTo(jaccardByStrings(a, b));
        }
    }

    @Test
    void shinglesOfHanAreCharacters() {
        assertThat(MinHash.shingles("今天，天气真好。")).hasSize(2);
        assertThat(MinHash.shingles("今天天气真好！")).isEqualTo(MinHash.shingles("今天，天气真好。"));
        assertThat(MinHash.shingles("今天天气真坏！")).isNotEqualTo(MinHash.shingles("今天，天气真好。"));
        assertThat(MinHash.shingles("，。")).isEmpty();
    }

    @Test
    void nearDuplicatesGoAndNothingElse() {
        Random random = new Random(2);
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            String text = words(random, 300);
            texts.add(text);
            texts.add(edited(text, i % 2 == 0 ? 40 : 12)); // Jaccard about 0.78 and 0.41
        }
        texts.add(texts.getFirst().toUpperCase(java.util.Locale.ROOT).replace('\n', ' '));
        var verdicts = run(texts, IntStream.range(0, texts.size()).toArray(), 2);
        int missed = 0;
        for (int i = 0; i < 400; i += 2) {
            assertThat(verdicts.get(i)).isEmpty();
            boolean near = jaccardByStrings(texts.get(i), texts.get(i + 1)) >= 0.7;
            assertThat(near).isEqualTo(i % 4 == 0);
            if (near) {
                missed += Optional.empty().equals(verdicts.get(i + 1)) ? 1 : 0;
            } else {
                assertThat(verdicts.get(i + 1)).isEmpty();
            }
        }
        System.out.println("near-duplicates missed: " + missed + " of 100");
        assertThat(missed).isZero();
        assertThat(verdicts.get(400)).hasValue("exact duplicate");
    }

    @Test
    void theFirstInOrderStaysForAnyThreads() {
        String text = words(new Random(3), 300);
        List<String> texts = List.of(text, edited(text, 60), words(new Random(4), 300));
        for (int threads : new int[] {1, 3}) {
            var verdicts = run(texts, new int[] {1, 0, 2}, threads);
            assertThat(verdicts.get(1)).isEmpty();
            assertThat(verdicts.get(0)).hasValue("near-duplicate");
            assertThat(verdicts.get(2)).isEmpty();
        }
    }

    @Test
    void multimapKeepsAllValues() {
        var map = new LongIntMultimap();
        Map<Long, List<Integer>> expected = new HashMap<>();
        Random random = new Random(5);
        for (int i = 0; i < 50_000; i++) {
            long key = random.nextInt(9000) - 4500L;
            map.put(key, i);
            expected.computeIfAbsent(key, _ -> new ArrayList<>()).addFirst(i);
        }
        expected.forEach((key, values) -> {
            List<Integer> found = new ArrayList<>();
            map.forEach(key, 3, found::add);
            assertThat(found).isEqualTo(values.subList(0, Math.min(3, values.size())));
        });
        map.forEach(99_999, 3, value -> assertThat(value).isNull());
    }
}
