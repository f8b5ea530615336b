package chuan.eval;

import chuan.engine.Cancellation;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/// Whoever is examined: a model in this process, or an endpoint.
public interface Examinee extends AutoCloseable {
    /// What a sceptic would ask about it: model, files' hashes, precision, kernels or address,
    /// template … in the order to be shown. Values are strings, numbers and booleans. What may be
    /// different when the same is asked again, such as tokens paid for, has a name that begins with
    /// [#OF_RUN].
    Map<String, Object> facts();

    /// With which facts begin that are about a run and not about its results.
    String OF_RUN = "run_";

    /// Tokens that prompt and answer may have together: more are cut from the left. Empty if nobody
    /// can tell.
    default OptionalInt context() {
        return OptionalInt.empty();
    }

    /// Whether the scores of letters are logits, not log-probabilities.
    default boolean givesLogits() {
        return false;
    }

    /// Tokens of a text, without any that mark its beginning, for rules that drop examples.
    ///
    /// @throws UnsupportedOperationException if nobody can tell
    int countTokens(String text);

    /// Answers all asks. The result for each depends on nothing but itself: neither on its
    /// neighbours nor on threads or batch sizes.
    ///
    /// Asks that begin alike should stand together. A reply is handed over once, on any thread but
    /// one at a time, as soon as it is there, in any order.
    ///
    /// @throws java.util.concurrent.CancellationException after a cancellation; what was handed
    ///   over stays valid
    void answer(List<Ask> asks, Listener listener, Cancellation cancellation);

    interface Listener {
        /// @param ask index of what was asked
        /// @param seconds it took, as far as one can tell: in a batch, its share
        void reply(int ask, Reply reply, double seconds);
    }

    @Override
    void close();
}
