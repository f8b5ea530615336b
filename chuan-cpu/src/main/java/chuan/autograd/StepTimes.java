package chuan.autograd;

import java.util.LinkedHashMap;
import java.util.SequencedMap;

/// Where the time of training steps goes, by verb and direction. A verb's own passes over elements
/// are counted once more by themselves, so that what products take is the rest.
///
/// Written by the thread that trains; reading from another one gives rough numbers.
public final class StepTimes {
    /// One line of the account.
    static final class Part {
        private long nanos;

        void add(long more) {
            nanos += more;
        }
    }

    private final SequencedMap<String, Part> parts = new LinkedHashMap<>();

    Part part(String name) {
        return parts.computeIfAbsent(name, _ -> new Part());
    }

    /// Begins again at 0.
    public void clear() {
        parts.values().forEach(part -> part.nanos = 0);
    }

    /// Nanoseconds by the clock since the beginning, by part.
    public SequencedMap<String, Long> nanos() {
        var nanos = new LinkedHashMap<String, Long>();
        parts.forEach((name, part) -> nanos.put(name, part.nanos));
        return nanos;
    }
}
