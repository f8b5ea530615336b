package chuan.corpus;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntConsumer;

/// Stage 8: how much of each source. A source of weight w is read w times while one of weight 1 is
/// read once; the trainer samples shards in proportion to weight times tokens. Here the same
/// weights choose the text that the tokenizer is trained on.
final class Mix {
    private Mix() {}

    /// A document of the store, how large it is, and the weight of its source.
    record Item(int document, String lang, String id, long bytes, double weight) {}

    /// Picks documents of one language, about `bytes` in all, each source in proportion to its
    /// weighted size but none twice. Depends on ids and weights only.
    static void sample(List<Item> items, String lang, long bytes, IntConsumer picked) {
        List<Item> ranked = new ArrayList<>();
        for (Item item : items) {
            if (item.lang().equals(lang) && item.weight() > 0) {
                ranked.add(item);
            }
        }
        ranked.sort(Comparator.comparingDouble(Mix::rank).thenComparing(Item::id));
        long taken = 0;
        List<Integer> chosen = new ArrayList<>();
        for (Item item : ranked) {
            if (taken >= bytes) {
                break;
            }
            taken += item.bytes();
            chosen.add(item.document());
        }
        chosen.stream().sorted().forEach(picked::accept);
    }

    /// Weighted sampling without replacement (Efraimidis and Spirakis 2006): the smallest of
    /// exponential variables with rate `weight`, whose randomness is the hash of the id.
    private static double rank(Item item) {
        double uniform = ((Hash.stable("sample/" + item.id()) >>> 11) + 0.5) * 0x1p-53;
        return -Math.log(uniform) / item.weight();
    }
}
