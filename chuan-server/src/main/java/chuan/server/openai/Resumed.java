package chuan.server.openai;

import chuan.engine.Constraint;
import chuan.server.ApiException;

/// A constraint on an answer whose beginning is there already.
///
/// @param start state behind the beginning
record Resumed(Constraint whole, int start) implements Constraint {

    /// @param beginning ids of the answer so far
    /// @throws ApiException 400 if the constraint does not allow them
    static Constraint behind(Constraint constraint, int[] beginning) {
        if (constraint == Constraint.NONE || beginning.length == 0) return constraint;
        int state = constraint.start();
        for (int id : beginning) {
            state = constraint.advance(state, id);
            if (state < 0)
                throw ApiException.badRequest(
                        "response_format",
                        "response_format: does not allow the beginning that is to be continued");
        }
        return new Resumed(constraint, state);
    }

    @Override
    public int advance(int state, int token) {
        return whole.advance(state, token);
    }

    @Override
    public boolean accepting(int state) {
        return whole.accepting(state);
    }

    @Override
    public boolean complete(int state) {
        return whole.complete(state);
    }

    @Override
    public void mask(int state, float[] logits) {
        whole.mask(state, logits);
    }

    @Override
    public int forced(int state, int[] out, int at, int most) {
        return whole.forced(state, out, at, most);
    }
}
