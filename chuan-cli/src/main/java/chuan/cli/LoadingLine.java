package chuan.cli;

import chuan.cpu.LoadProgress;
import org.jspecify.annotations.Nullable;

/// Shows how far the weights of a model are on their way into memory, if it takes long.
final class LoadingLine implements LoadProgress {
    private static final long MEGABYTE = 1_000_000;

    private final Streams streams;
    private @Nullable ProgressLine line;

    LoadingLine(Streams streams) {
        this.streams = streams;
    }

    @Override
    public void loaded(long done, long total) {
        var current = line;
        if (current == null) {
            current = new ProgressLine(streams, "loading", "MB", total / MEGABYTE);
            line = current;
        }
        if (done < total) current.update(done / MEGABYTE);
        else current.clear();
    }
}
