package chuan.engine;

/// Drafts what may follow from what followed before: the text after the last earlier place where
/// the same tokens stood (Saxena 2023, "Prompt Lookup Decoding"). Costs a walk through the ids;
/// right where an answer repeats its prompt or itself: code, quotations, names, tables.
final class PromptLookup {
    /// Tokens that must be the same, at best and at least.
    private static final int LONGEST = 3;

    private static final int SHORTEST = 2;

    private PromptLookup() {}

    /// Writes up to `most` tokens to `ids[length, ..)`.
    ///
    /// @return how many
    static int draft(int[] ids, int length, int most) {
        if (most <= 0) return 0;
        for (int same = LONGEST; same >= SHORTEST; same--) {
            int end = lastEarlier(ids, length, same);
            if (end < 0) continue;
            // a draft may run into itself: "a b a b" goes on as long as it likes
            for (int i = 0; i < most; i++) ids[length + i] = ids[end + i];
            return most;
        }
        return 0;
    }

    /// Where the last earlier occurrence of the last `same` tokens ends, -1 if there is none.
    private static int lastEarlier(int[] ids, int length, int same) {
        int last = length - 1;
        for (int end = last - 1; end >= same - 1; end--) {
            int matched = 0;
            while (matched < same && ids[end - matched] == ids[last - matched]) matched++;
            if (matched == same) return end + 1;
        }
        return -1;
    }
}
