package chuan.eval.measure;

import chuan.engine.Cancellation;
import chuan.engine.LossByLength;
import chuan.eval.Examination.Measure;
import chuan.model.Backend;
import chuan.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CancellationException;

/// How well a model predicts a token that has so many before it, by [LossByLength]: whether it uses
/// a long context. The same documents are in every part, so that the curve shows the model.
public final class LengthGauge implements Gauge {
    private static final int DOCUMENTS = 16;
    private static final int PARTS = 8;

    private final TextSet set;
    private final int context;
    private final int documents;

    private LengthGauge(TextSet set, int context, int documents) {
        this.set = set;
        this.context = context;
        this.documents = documents;
    }

    /// @param context tokens that are read of each document
    /// @param limit documents, from the first that is long enough; absent = 16
    public static LengthGauge of(Path file, int context, OptionalInt limit) throws IOException {
        return new LengthGauge(TextSet.read(file), context, limit.orElse(DOCUMENTS));
    }

    @Override
    public String name() {
        return "lengths:" + set.file().getFileName();
    }

    @Override
    public String title() {
        return "Bits per byte by position: " + set.file().getFileName();
    }

    @Override
    public Map<String, Object> facts() {
        var facts = new LinkedHashMap<String, Object>();
        facts.put("file", set.file().getFileName().toString());
        facts.put("sha256", set.sha256());
        facts.put("tokens of each document", context);
        facts.put("documents at most", documents);
        facts.put("in front of each document", "the end id");
        facts.put("intervals", "none: the parts hold the same documents, compare them in order");
        return facts;
    }

    @Override
    public List<Measure> measure(
            Backend backend, Tokenizer tokenizer, Progress progress, Cancellation cancellation) {
        int start = tokenizer.eosId();
        var protocol =
                new LossByLength(
                        start < 0 ? OptionalInt.empty() : OptionalInt.of(start),
                        context,
                        Math.max(1, context / PARTS));
        Iterable<String> texts = set.texts().stream().map(TextSet.Text::text)::iterator;
        var selection = protocol.select(tokenizer, texts, documents);
        if (selection.texts().isEmpty())
            throw new MeasureException(
                    "%s: no document has %,d tokens, the longest has %,d; choose a smaller --ctx"
                            .formatted(set.file(), context, selection.longest()));
        double all = (double) selection.texts().size() * (context - 1);
        var buckets =
                protocol.measure(
                        backend,
                        selection,
                        tokens -> {
                            if (cancellation.isCancelled()) throw new CancellationException();
                            progress.update(tokens / all);
                        });
        var measures = new ArrayList<Measure>();
        for (var bucket : buckets)
            measures.add(
                    new Measure(
                            "tokens %d to %d".formatted(bucket.from(), bucket.to() - 1),
                            "bits per byte",
                            bucket.bitsPerByte(),
                            Double.NaN,
                            Double.NaN,
                            selection.texts().size()));
        return measures;
    }
}
