package chuan.cli;

import chuan.eval.Task;
import chuan.eval.run.Examiner;
import org.jspecify.annotations.Nullable;

/// A line for each task while it is asked.
final class EvalProgress implements Examiner.Progress, AutoCloseable {
    private final Streams streams;
    private @Nullable Task task;
    private @Nullable ProgressLine line;
    private int before;
    private volatile int answered;

    EvalProgress(Streams streams) {
        this.streams = streams;
    }

    /// In all tasks, those known before included.
    int answered() {
        return answered;
    }

    @Override
    public void update(Task at, int done, int known, int questions) {
        if (task != at) {
            close();
            before = answered;
            task = at;
            line = new ProgressLine(streams, at.title(), "questions", known, questions);
        }
        answered = before + done;
        if (line != null) line.update(done);
    }

    @Override
    public void close() {
        if (line != null) line.close();
        line = null;
    }
}
