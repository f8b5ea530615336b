package chuan.eval.local;

import chuan.engine.Cancellation;
import chuan.engine.Engine;
import chuan.eval.Ask;
import chuan.eval.Examinee;
import chuan.eval.local.Preparation.Computed;
import chuan.eval.local.Preparation.Impossible;
import chuan.eval.local.Preparation.Prepared;
import chuan.model.Backend;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// A model in this process. Whoever opened the back end closes it, after this.
///
/// One thread at a time.
public final class LocalExaminee implements Examinee {
    /// Asks that are arranged by their beginnings together.
    private static final int WINDOW = 1024;

    /// Beside others, unless a single sequence takes more.
    private static final long MOST_KV_BYTES = 256L << 20;

    /// How a model is used. None of it shows in a result.
    ///
    /// @param batch parts of asks that go through the model together
    /// @param share whether what begins alike is computed once
    /// @param kvBytes of keys and values, beyond which no more is begun at the same time; what one
    ///   sequence needs is always taken
    public record Options(int batch, boolean share, long kvBytes) {
        public Options {
            if (batch < 1 || batch > 4096)
                throw new IllegalArgumentException("a batch of " + batch);
        }

        /// @param context tokens of the longest sequence
        public static Options of(Backend backend, int context, int batch) {
            return new Options(batch, true, Math.max(2 * backend.kvBytes(context), MOST_KV_BYTES));
        }

        public Options withShare(boolean value) {
            return new Options(batch, value, kvBytes);
        }

        public Options withKvBytes(long value) {
            return new Options(batch, share, value);
        }
    }

    private final Engine engine;
    private final Map<String, Object> facts;
    private final Options options;
    private final Preparation preparation;
    private @Nullable Writing writing;

    /// @param facts about the model, in the order to be shown
    public LocalExaminee(Engine engine, Map<String, Object> facts, Options options) {
        this.engine = engine;
        this.facts = new LinkedHashMap<>(facts);
        this.options = options;
        preparation = new Preparation(engine);
    }

    public Engine engine() {
        return engine;
    }

    @Override
    public Map<String, Object> facts() {
        return new LinkedHashMap<>(facts);
    }

    @Override
    public OptionalInt context() {
        return OptionalInt.of(engine.context());
    }

    @Override
    public boolean givesLogits() {
        return true;
    }

    @Override
    public int countTokens(String text) {
        return engine.tokenizer().encode(text).length;
    }

    @Override
    public void answer(List<Ask> asks, Listener listener, Cancellation cancellation) {
        var scored = new ArrayList<Integer>();
        var written = new ArrayList<Integer>();
        for (int i = 0; i < asks.size(); i++)
            (asks.get(i) instanceof Ask.Writing ? written : scored).add(i);
        for (int from = 0; from < scored.size(); from += WINDOW) {
            int to = Math.min(scored.size(), from + WINDOW);
            score(asks, scored.subList(from, to), listener, cancellation);
        }
        if (written.isEmpty()) return;
        if (writing == null) writing = new Writing(engine, preparation, options.batch);
        writing.answer(asks, written, listener, cancellation);
    }

    private void score(
            List<Ask> asks, List<Integer> which, Listener listener, Cancellation cancellation) {
        if (cancellation.isCancelled()) throw new CancellationException();
        var prepared = new Prepared[which.size()];
        IntStream.range(0, prepared.length)
                .parallel()
                .forEach(i -> prepared[i] = prepare(which.get(i), asks.get(which.get(i))));
        var lines = new ArrayList<Line>();
        for (var one : prepared)
            switch (one) {
                case Computed(var some) -> lines.addAll(some);
                case Impossible(int ask, var failure) -> listener.reply(ask, failure, 0);
            }
        new Scoring(
                        engine.backend(),
                        engine.context(),
                        options.batch,
                        options.kvBytes,
                        new PrefixTree(lines, options.share),
                        done -> listener.reply(done.ask(), done.reply(), done.seconds()))
                .run(cancellation);
    }

    private Prepared prepare(int index, Ask ask) {
        return switch (ask) {
            case Ask.Letters letters -> preparation.prepare(index, letters);
            case Ask.Likelihood likelihood -> preparation.prepare(index, likelihood);
            case Ask.Writing _ -> throw new IllegalArgumentException("is written, not scored");
        };
    }

    @Override
    public void close() {
        if (writing != null) writing.close();
        writing = null;
    }
}
