package chuan.engine;

/// Which tokens an answer may go on with: a grammar, as sampling sees it. Immutable for its user
/// and shared by any number of answers, on any thread: the whole state of one answer is an `int`,
/// so going back, trying drafts and answering several times cost nothing.
public interface Constraint {
    /// Everything is allowed, always.
    Constraint NONE =
            new Constraint() {
                @Override
                public int start() {
                    return 0;
                }

                @Override
                public int advance(int state, int token) {
                    return 0;
                }

                @Override
                public boolean accepting(int state) {
                    return true;
                }

                @Override
                public boolean complete(int state) {
                    return false;
                }

                @Override
                public void mask(int state, float[] logits) {
                    // nothing is refused
                }
            };

    /// State before the first token of an answer.
    int start();

    /// State after `token`, -1 if it is refused. Tokens that end the answer are not asked about
    /// here but by [#accepting].
    int advance(int state, int token);

    /// Whether the answer may end here.
    boolean accepting(int state);

    /// Whether it must: it may end, and no token may follow.
    boolean complete(int state);

    /// Sets the logits of all refused tokens to minus infinity, those that would end the answer
    /// excepted.
    ///
    /// @param logits `[vocab]`
    void mask(int state, float[] logits);

    /// Writes the tokens that are likely to come next because the grammar leaves no choice of text,
    /// to `out[at, at + most)` at most. A guess, since a text can be cut into tokens in several
    /// ways: as a draft it saves steps, and never changes what is chosen.
    ///
    /// @return how many, 0 where there is a choice
    default int forced(int state, int[] out, int at, int most) {
        return 0;
    }
}
