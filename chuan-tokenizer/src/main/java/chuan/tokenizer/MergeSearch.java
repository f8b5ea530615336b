package chuan.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Second half of a training: finds the pieces, most frequent pair first. Among equals the shorter,
/// then the one earlier in code point order wins, as in SentencePiece. Exact: every pair is
/// counted, where SentencePiece looks at the most frequent twentieth and refreshes it now and then.
/// The result does not depend on the order of the texts.
///
/// All chunks lie in one array of cells. A symbol of n characters takes n cells: the first holds
/// its number, the last holds -n (if n > 1), the ones between are not looked at; [#WALL] parts
/// chunks. So both neighbours of a symbol are one look away.
final class MergeSearch {
    private static final int WALL = -1;

    private final PieceRules rules;
    private final List<PieceRules.Symbol> symbols = new ArrayList<>();
    private int[] lengths;
    private final int[] cells;
    private final int[] weights;

    private final LongIntMap pairs = new LongIntMap(1 << 16);
    private int[] left = new int[1 << 12];
    private int[] right = new int[1 << 12];
    private long[] frequency = new long[1 << 12];
    private int[] firstPlace = new int[1 << 12];
    private int[] placeCount = new int[1 << 12];
    private int pairCount;

    private final IntBuilder places;
    private final IntBuilder newPairs = new IntBuilder(1024);
    private final IntBuilder newPlaces = new IntBuilder(1024);

    private int[] heap = new int[1 << 12];
    private long[] heapFrequency = new long[1 << 12];
    private int heapSize;

    /// `cells`: character numbers with [#WALL] between chunks, at both ends too; `weights`: how
    /// often the chunk of each cell occurs. Both arrays are given away. `characters`: code points
    /// by number.
    MergeSearch(PieceRules rules, int[] characters, int[] cells, int[] weights) {
        this.rules = rules;
        this.cells = cells;
        this.weights = weights;
        lengths = new int[characters.length + 1024];
        for (int c : characters) {
            addSymbol(rules.symbol(c));
        }
        places = new IntBuilder(cells.length + 16);
        countFirstPairs();
    }

    private int addSymbol(PieceRules.Symbol symbol) {
        int number = symbols.size();
        symbols.add(symbol);
        if (number == lengths.length) {
            lengths = Arrays.copyOf(lengths, IntBuilder.grown(number, 1));
        }
        lengths[number] = symbol.characters().length;
        return number;
    }

    private void countFirstPairs() {
        int[] pairAt = new int[cells.length];
        for (int i = 1; i < cells.length; i++) {
            pairAt[i - 1] = LongIntMap.NONE;
            if (cells[i - 1] != WALL && cells[i] != WALL) {
                int pair = pairOf(cells[i - 1], cells[i]);
                if (pair >= 0) {
                    pairAt[i - 1] = pair;
                    frequency[pair] += weights[i - 1];
                    placeCount[pair]++;
                }
            }
        }
        int total = 0;
        int[] fill = new int[pairCount];
        for (int pair = 0; pair < pairCount; pair++) {
            firstPlace[pair] = total;
            fill[pair] = total;
            total += placeCount[pair];
        }
        places.data = new int[total];
        places.size = total;
        for (int i = 0; i + 1 < cells.length; i++) {
            if (pairAt[i] >= 0) {
                places.data[fill[pairAt[i]]++] = i;
            }
        }
        for (int pair = 0; pair < pairCount; pair++) {
            push(pair);
        }
    }

    /// Number of the pair, made if it is new; -1 if the two may not merge.
    private int pairOf(int a, int b) {
        long key = (long) a << 32 | b;
        int known = pairs.get(key);
        if (known != LongIntMap.NONE) {
            return known == REFUSED ? -1 : known;
        }
        if (!rules.mayMerge(symbols.get(a), symbols.get(b))) {
            pairs.put(key, REFUSED);
            return -1;
        }
        if (pairCount == left.length) {
            int capacity = IntBuilder.grown(pairCount, 1);
            left = Arrays.copyOf(left, capacity);
            right = Arrays.copyOf(right, capacity);
            frequency = Arrays.copyOf(frequency, capacity);
            firstPlace = Arrays.copyOf(firstPlace, capacity);
            placeCount = Arrays.copyOf(placeCount, capacity);
        }
        left[pairCount] = a;
        right[pairCount] = b;
        pairs.put(key, pairCount);
        return pairCount++;
    }

    private static final int REFUSED = Integer.MAX_VALUE;

    /// The first `wanted` pieces of two characters or more; fewer if no pair is left.
    List<String> find(int wanted, TrainProgress progress) {
        List<String> pieces = new ArrayList<>(wanted);
        Set<String> seen = new HashSet<>();
        while (pieces.size() < wanted) {
            int pair = popBest();
            if (pair < 0) {
                break;
            }
            PieceRules.Symbol symbol =
                    rules.merge(symbols.get(left[pair]), symbols.get(right[pair]));
            int[] characters = symbol.characters();
            String text = new String(characters, 0, characters.length);
            // the same piece found by another way: known already, and these places stay unmerged
            if (seen.add(text)) {
                pieces.add(text);
                merge(pair, addSymbol(symbol));
                if (pieces.size() % 64 == 0) {
                    progress.report("merging", pieces.size(), wanted);
                }
            }
        }
        progress.report("merging", pieces.size(), wanted);
        return pieces;
    }

    /// Replaces the pair by the symbol wherever it stands and counts the pairs that come and go.
    private void merge(int pair, int symbol) {
        int a = left[pair];
        int b = right[pair];
        int lengthA = lengths[a];
        int length = lengths[symbol];
        int firstNew = pairCount;
        newPairs.size = 0;
        newPlaces.size = 0;
        int end = firstPlace[pair] + placeCount[pair];
        for (int k = firstPlace[pair]; k < end; k++) {
            int at = places.data[k];
            if (cells[at] != a || cells[at + lengthA] != b) {
                continue; // changed since, or the second half of an overlap such as "aaa"
            }
            int weight = weights[at];
            int before = cells[at - 1] == WALL ? -1 : startOf(at - 1);
            int behind = at + length;
            if (before >= 0) {
                lose(cells[before], a, pair, weight);
            }
            if (cells[behind] != WALL) {
                lose(b, cells[behind], pair, weight);
            }
            cells[at + lengthA] = -2; // no longer a symbol
            cells[at] = symbol;
            cells[behind - 1] = -length;
            if (before >= 0) {
                gain(cells[before], symbol, before, weight);
            }
            if (cells[behind] != WALL) {
                gain(symbol, cells[behind], at, weight);
            }
        }
        placeCount[pair] = 0;
        fileNewPlaces(firstNew);
    }

    private int startOf(int lastCell) {
        int value = cells[lastCell];
        return value >= 0 ? lastCell : lastCell + 1 + value;
    }

    private void lose(int a, int b, int merging, int weight) {
        int pair = pairs.get((long) a << 32 | b);
        if (pair >= 0 && pair != REFUSED && pair != merging) {
            frequency[pair] -= weight;
        }
    }

    private void gain(int a, int b, int place, int weight) {
        int pair = pairOf(a, b);
        if (pair >= 0) {
            frequency[pair] += weight;
            placeCount[pair]++;
            newPairs.add(pair);
            newPlaces.add(place);
        }
    }

    /// Sorts the places of this merge by pair, behind all others, and makes the pairs candidates.
    private void fileNewPlaces(int firstNew) {
        int total = places.size;
        for (int pair = firstNew; pair < pairCount; pair++) {
            firstPlace[pair] = total;
            total = Math.addExact(total, placeCount[pair]);
        }
        if (total > places.data.length) {
            places.data =
                    Arrays.copyOf(places.data, IntBuilder.grown(places.size, total - places.size));
        }
        places.size = total;
        for (int k = 0; k < newPairs.size; k++) {
            places.data[firstPlace[newPairs.data[k]]++] = newPlaces.data[k];
        }
        for (int pair = firstNew; pair < pairCount; pair++) {
            firstPlace[pair] -= placeCount[pair];
            push(pair);
        }
    }

    /// The best pair; its frequency may have fallen since it was filed, then it is filed anew.
    private int popBest() {
        while (heapSize > 0) {
            int pair = heap[0];
            long filed = heapFrequency[0];
            removeTop();
            if (frequency[pair] == filed) {
                return pair;
            }
            push(pair);
        }
        return -1;
    }

    private boolean better(long frequencyA, int a, long frequencyB, int b) {
        if (frequencyA != frequencyB) {
            return frequencyA > frequencyB;
        }
        int lengthA = lengths[left[a]] + lengths[right[a]];
        int lengthB = lengths[left[b]] + lengths[right[b]];
        if (lengthA != lengthB) {
            return lengthA < lengthB;
        }
        for (int i = 0; i < lengthA; i++) {
            int difference = character(a, i) - character(b, i);
            if (difference != 0) {
                return difference < 0;
            }
        }
        return left[a] < left[b]; // the same text in two ways: any fixed choice
    }

    private int character(int pair, int index) {
        int[] first = symbols.get(left[pair]).characters();
        return index < first.length
                ? first[index]
                : symbols.get(right[pair]).characters()[index - first.length];
    }

    private void push(int pair) {
        if (frequency[pair] <= 0) {
            return;
        }
        if (heapSize == heap.length) {
            int capacity = IntBuilder.grown(heapSize, 1);
            heap = Arrays.copyOf(heap, capacity);
            heapFrequency = Arrays.copyOf(heapFrequency, capacity);
        }
        long value = frequency[pair];
        int i = heapSize++;
        while (i > 0) {
            int parent = (i - 1) >>> 1;
            if (!better(value, pair, heapFrequency[parent], heap[parent])) {
                break;
            }
            heap[i] = heap[parent];
            heapFrequency[i] = heapFrequency[parent];
            i = parent;
        }
        heap[i] = pair;
        heapFrequency[i] = value;
    }

    private void removeTop() {
        int pair = heap[--heapSize];
        long value = heapFrequency[heapSize];
        int i = 0;
        while (true) {
            int child = 2 * i + 1;
            if (child >= heapSize) {
                break;
            }
            if (child + 1 < heapSize
                    && better(
                            heapFrequency[child + 1],
                            heap[child + 1],
                            heapFrequency[child],
                            heap[child])) {
                child++;
            }
            if (!better(heapFrequency[child], heap[child], value, pair)) {
                break;
            }
            heap[i] = heap[child];
            heapFrequency[i] = heapFrequency[child];
            i = child;
        }
        heap[i] = pair;
        heapFrequency[i] = value;
    }
}
