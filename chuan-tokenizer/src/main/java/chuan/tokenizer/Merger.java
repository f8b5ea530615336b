package chuan.tokenizer;

import java.util.Arrays;

/// Merges the characters of one chunk, best score first and leftmost among equals, as
/// SentencePiece's BPE does. Time O(n log n) in the characters. Holds scratch; not thread-safe.
final class Merger {
    /// Up to here trying all pairs for each merge is faster than a heap.
    private static final int SHORT = 24;

    private final BpeTables tables;
    private int[] symbol = new int[64];
    private int[] start = new int[65];
    private int[] merged = new int[64];
    private int[] next = new int[64];
    private int[] previous = new int[64];
    private long[] heap = new long[128];
    private int heapSize;

    /// For UNUSED pieces: what each was made of, last seen.
    private final int[] lastLeft;

    private final int[] lastRight;

    Merger(BpeTables tables) {
        this.tables = tables;
        int pieces = tables.hasUnused ? tables.unused.length : 0;
        lastLeft = new int[pieces];
        lastRight = new int[pieces];
    }

    /// Appends the ids of the characters in `text[from, to)` to `out`.
    void encode(byte[] text, int from, int to, IntBuilder out) {
        int count = split(text, from, to);
        if (count <= SHORT) {
            count = mergeShort(count);
            for (int i = 0; i < count; i++) {
                emit(symbol[i], text, start[i], start[i + 1], out);
            }
            return;
        }
        mergeLong(count);
        for (int i = 0; i >= 0; i = next[i]) {
            emit(symbol[i], text, start[i], next[i] < 0 ? to : start[next[i]], out);
        }
    }

    private int split(byte[] text, int from, int to) {
        if (to - from >= symbol.length) {
            int capacity = IntBuilder.grown(to - from, 1);
            symbol = new int[capacity];
            start = new int[capacity + 1];
            merged = new int[capacity];
        }
        int count = 0;
        for (int i = from; i < to; ) {
            int decoded = Utf8.decode(text, i, to);
            int length = decoded >= 0 ? decoded & 7 : Math.min(to - i, Utf8.length(text[i]));
            symbol[count] = decoded >= 0 ? tables.symbolOf(decoded >> 3) : BpeTables.NONE;
            start[count++] = i;
            i += length;
        }
        start[count] = to;
        return count;
    }

    private int mergeShort(int characters) {
        int count = characters;
        for (int i = 0; i + 1 < count; i++) {
            merged[i] = pair(symbol[i], symbol[i + 1]);
        }
        int[] rank = tables.rank;
        while (true) {
            int best = -1;
            int bestRank = Integer.MAX_VALUE;
            for (int i = 0; i + 1 < count; i++) {
                if (merged[i] != BpeTables.NONE && rank[merged[i]] < bestRank) {
                    bestRank = rank[merged[i]];
                    best = i;
                }
            }
            if (best < 0) {
                return count;
            }
            symbol[best] = merged[best];
            int behind = best + 2;
            System.arraycopy(symbol, behind, symbol, best + 1, count - behind);
            System.arraycopy(start, behind, start, best + 1, count + 1 - behind);
            if (count - 1 > behind) {
                System.arraycopy(merged, behind, merged, best + 1, count - 1 - behind);
            }
            count--;
            if (best > 0) {
                merged[best - 1] = pair(symbol[best - 1], symbol[best]);
            }
            if (best + 1 < count) {
                merged[best] = pair(symbol[best], symbol[best + 1]);
            }
        }
    }

    private void mergeLong(int count) {
        if (next.length < count) {
            next = new int[symbol.length];
            previous = new int[symbol.length];
        }
        heapSize = 0;
        for (int i = 0; i < count; i++) {
            previous[i] = i - 1;
            next[i] = i + 1 < count ? i + 1 : -1;
        }
        Arrays.fill(merged, 0, count, BpeTables.NONE);
        for (int i = 0; i + 1 < count; i++) {
            offer(i);
        }
        while (heapSize > 0) {
            long top = poll();
            int left = (int) top;
            // stale unless the pair at this place still has the rank it was offered with
            if (merged[left] == BpeTables.NONE || tables.rank[merged[left]] != (int) (top >> 32)) {
                continue;
            }
            int right = next[left];
            symbol[left] = merged[left];
            merged[left] = BpeTables.NONE;
            merged[right] = BpeTables.NONE;
            next[left] = next[right];
            if (next[right] >= 0) {
                previous[next[right]] = left;
            }
            if (previous[left] >= 0) {
                offer(previous[left]);
            }
            if (next[left] >= 0) {
                offer(left);
            }
        }
    }

    private void offer(int left) {
        int piece = pair(symbol[left], symbol[next[left]]);
        merged[left] = piece;
        if (piece != BpeTables.NONE) {
            push((long) tables.rank[piece] << 32 | left);
        }
    }

    private int pair(int left, int right) {
        int piece = tables.merge(left, right);
        if (tables.hasUnused && piece != BpeTables.NONE && tables.unused[piece]) {
            lastLeft[piece] = left;
            lastRight[piece] = right;
        }
        return piece;
    }

    /// Puts out a symbol; an UNUSED piece is split as it was merged, an unknown one becomes bytes.
    private void emit(int piece, byte[] text, int from, int to, IntBuilder out) {
        if (piece != BpeTables.NONE && tables.hasUnused && piece < tables.unused.length) {
            emitUsed(piece, text, from, to, out);
            return;
        }
        emitId(
                piece == BpeTables.NONE ? tables.unknownId : tables.outputId[piece],
                text,
                from,
                to,
                out);
    }

    private void emitUsed(int piece, byte[] text, int from, int to, IntBuilder out) {
        boolean single = from + Utf8.length(text[from]) >= to;
        if (!tables.unused[piece] || single) {
            emitId(tables.outputId[piece], text, from, to, out);
            return;
        }
        int left = lastLeft[piece];
        int cut = from + tables.byteLength[left];
        emit(left, text, from, cut, out);
        emit(lastRight[piece], text, cut, to, out);
    }

    private void emitId(int id, byte[] text, int from, int to, IntBuilder out) {
        if (id != tables.unknownId) {
            out.add(id);
        } else if (tables.byteIds.length == 256) {
            for (int i = from; i < to; i++) {
                out.add(tables.byteIds[text[i] & 0xff]);
            }
        } else if (out.size == 0 || out.data[out.size - 1] != id) {
            out.add(id); // a run of unknown characters is one unknown piece
        }
    }

    private void push(long entry) {
        if (heapSize == heap.length) {
            heap = Arrays.copyOf(heap, heapSize * 2);
        }
        int i = heapSize++;
        while (i > 0) {
            int parent = (i - 1) >>> 1;
            if (heap[parent] <= entry) {
                break;
            }
            heap[i] = heap[parent];
            i = parent;
        }
        heap[i] = entry;
    }

    private long poll() {
        long top = heap[0];
        long last = heap[--heapSize];
        int i = 0;
        while (true) {
            int child = 2 * i + 1;
            if (child >= heapSize) {
                break;
            }
            if (child + 1 < heapSize && heap[child + 1] < heap[child]) {
                child++;
            }
            if (heap[child] >= last) {
                break;
            }
            heap[i] = heap[child];
            i = child;
        }
        heap[i] = last;
        return top;
    }
}
