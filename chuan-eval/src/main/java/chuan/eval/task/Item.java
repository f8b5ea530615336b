package chuan.eval.task;

import java.util.List;
import java.util.Map;

/// A question as its file has it.
///
/// @param row from 0, header not counted
/// @param place file and line for people
/// @param options empty if it has none of its own
/// @param key right answers; empty if the set keeps them to itself
/// @param answer the cell as it stands
/// @param more further cells that templates use
record Item(
        int row,
        String place,
        String question,
        List<String> options,
        List<String> key,
        String answer,
        Map<String, String> more) {
    Item {
        options = List.copyOf(options);
        key = List.copyOf(key);
        more = Map.copyOf(more);
    }

    static String letter(int index) {
        return String.valueOf((char) ('A' + index));
    }
}
