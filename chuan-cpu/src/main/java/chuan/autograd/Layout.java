package chuan.autograd;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Finds places for buffers, of which many are needed only for a time: two that are never needed
/// together may lie in the same memory. The largest first, each at the lowest place that is free
/// whenever it is needed (Pisarchyk and Lee 2020, "Efficient Memory Management for Deep Neural Net
/// Inference", greedy by size).
final class Layout {
    /// A multiple of a page and three lines: buffers of equal shape, walked through side by side,
    /// shall not all want the same places of a cache.
    private static final long PAGE = 4096;

    private static final long STAGGER = 3 * Buffer.ALIGNMENT;

    /// From when to when, both included.
    private record Span(int from, int to) {
        boolean meets(Span other) {
            return from <= other.to && other.from <= to;
        }
    }

    private final Map<Buffer, List<Span>> spans = new LinkedHashMap<>();

    /// At `time` the buffer is filled; what was there before is no longer needed.
    void fill(Buffer buffer, int time) {
        spans.computeIfAbsent(buffer, _ -> new ArrayList<>()).add(new Span(time, time));
    }

    /// At `time` what is there is still needed, or something is there for the first time.
    void touch(Buffer buffer, int time) {
        var of = spans.computeIfAbsent(buffer, _ -> new ArrayList<>());
        int from = of.isEmpty() ? time : of.removeLast().from();
        of.add(new Span(from, time));
    }

    /// Sets the offsets of all buffers.
    ///
    /// @return bytes from the first to the end of the last
    long place() {
        var order = new ArrayList<>(spans.keySet());
        order.sort(Comparator.comparingLong(Buffer::bytes).reversed());
        var placed = new ArrayList<Buffer>();
        long end = 0;
        for (var buffer : order) {
            buffer.setOffset(freeOffset(buffer, placed));
            int at = 0;
            while (at < placed.size() && placed.get(at).offset() <= buffer.offset()) at++;
            placed.add(at, buffer);
            end = Math.max(end, buffer.offset() + size(buffer));
        }
        return end;
    }

    /// @param placed by offset
    private long freeOffset(Buffer buffer, List<Buffer> placed) {
        long offset = 0;
        for (var other : placed) {
            if (other.offset() >= offset + size(buffer)) break;
            if (together(buffer, other)) offset = Math.max(offset, other.offset() + size(other));
        }
        return offset;
    }

    private boolean together(Buffer a, Buffer b) {
        var others = spans.getOrDefault(b, List.of());
        return spans.getOrDefault(a, List.of()).stream()
                .anyMatch(span -> others.stream().anyMatch(span::meets));
    }

    private static long size(Buffer buffer) {
        return Math.ceilDiv(buffer.bytes(), PAGE) * PAGE + STAGGER;
    }
}
