package chuan.measure;

import java.io.IOException;

/// A program with a model, ready to be timed: this one or another.
public interface Subject extends AutoCloseable {
    /// One repetition; what the case needs first (the tokens before) is not timed.
    ///
    /// @throws IOException if the program failed
    Timing time(SpeedCase speedCase) throws IOException;

    /// What is done of a repetition, for those who wait.
    interface Progress {
        void tokens(long done);
    }

    @Override
    void close();
}
