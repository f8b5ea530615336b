package chuan.engine.constrain;

/// A part of a grammar that keeps its own states, without limit. Used by one grammar only.
interface Automaton {
    /// Its first state is 0.
    ///
    /// @return the state behind a byte, -1 if it is refused; nothing that cannot be finished
    int next(int state, int value);

    /// Whether it may end here.
    boolean accepting(int state);

    /// Whether all tokens are allowed that are nothing but characters of a string.
    boolean takesAnyText(int state);

    /// Bytes of one class lead everywhere to the same place.
    int classOf(int value);
}
