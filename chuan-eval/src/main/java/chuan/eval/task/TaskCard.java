package chuan.eval.task;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What a task is, for lists and for fetching its set.
///
/// @param subjects how many there are
/// @param protocol the one that holds if none is named
/// @param protocols what each is, by name
public record TaskCard(
        String name,
        int version,
        String title,
        int subjects,
        List<String> splits,
        String protocol,
        Map<String, String> protocols,
        Source source) {
    public TaskCard {
        splits = List.copyOf(splits);
        protocols = Collections.unmodifiableMap(new LinkedHashMap<>(protocols));
    }
}
