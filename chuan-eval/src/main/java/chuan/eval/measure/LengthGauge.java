package chuan.eval.measure;

import chuan.engine.Cancellation;
import chuan.engine.LossByLength;
import chuan.eval.Examination.Measure;
import chuan.eval.report.Bootstrap;
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
import java.util.stream.IntStream;

/// How well a model predicts a token that has so many before it, by [LossByLength]: whether it uses
/// a long context. The same documents are in every part, so that the curve shows the model.
public final class LengthGauge implements Gauge {
    private static final Bootstrap BOOTSTRAP = Bootstrap.DEFAULT;
    private static final int DOCUMENTS = 16;
    private static final int PARTS = 8;

    /// Of the first part three tokens are then predicted.
    private static final int SHORTEST = 4 * PARTS;

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
        if (context < SHORTEST)
            throw new MeasureException(
                    "lengths: a context of %d tokens is shorter than %d"
                            .formatted(context, SHORTEST));
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
        facts.put(
                "intervals",
                "documents drawn anew %d times, seed %d, the same for all parts; of a single one its"
                                .formatted(BOOTSTRAP.resamples(), BOOTSTRAP.seed())
                        + " stretches");
        return facts;
    }

    @Override
    public List<Measure> measure(
            Backend backend, Tokenizer tokenizer, Progress progress, Cancellation cancellation) {
        int start = tokenizer.eosId();
        var protocol =
                new LossByLength(
                        start < 0 ? OptionalInt.empty() : OptionalInt.of(start), context, 1);
        Iterable<String> texts = set.texts().stream().map(TextSet.Text::text)::iterator;
        var selection = protocol.select(tokenizer, texts, documents);
        if (selection.texts().isEmpty())
            throw new MeasureException(
                    "%s: no document has %,d tokens, the longest has %,d; choose a smaller --ctx"
                            .formatted(set.file(), context, selection.longest()));
        double all = (double) selection.texts().size() * (context - 1);
        var nats =
                protocol.measureEach(
                        backend,
                        selection,
                        tokens -> {
                            if (cancellation.isCancelled()) throw new CancellationException();
                            progress.update(tokens / all);
                        });
        return measures(nats, selection.bytes());
    }

    /// @param nats of each document, by token
    /// @param bytes likewise
    private List<Measure> measures(List<double[]> nats, List<long[]> bytes) {
        int tokens = context / PARTS;
        var names = new ArrayList<String>();
        var parts = new ArrayList<List<TextSample.Document>>();
        for (int from = 0; from < context; from += tokens) {
            int to = Math.min(context, from + tokens);
            names.add("tokens %d to %d".formatted(from, to - 1));
            parts.add(part(nats, bytes, from, to));
        }
        var measures = new ArrayList<Measure>();
        for (int i = 0; i < parts.size(); i++)
            TextGauge.bitsPerByte(names.get(i), parts.get(i), BOOTSTRAP).ifPresent(measures::add);
        if (nats.size() > 1)
            measures.add(
                    difference(
                            names.getLast() + " less " + names.getFirst(),
                            parts.getLast(),
                            parts.getFirst()));
        return measures;
    }

    private static List<TextSample.Document> part(
            List<double[]> nats, List<long[]> bytes, int from, int to) {
        var sample = new TextSample();
        for (int d = 0; d < nats.size(); d++) {
            long all = 0;
            for (int i = Math.max(1, from); i < to; i++) {
                // without a mark in front, the first token is text that is not predicted
                long of = bytes.get(d)[i] + (i == 1 ? bytes.get(d)[0] : 0);
                sample.token(of, nats.get(d)[i] / Math.log(2));
                all += of;
            }
            sample.endDocument(all);
        }
        return sample.documents();
    }

    /// What more context gains: the same documents in both, drawn together, so that what makes one
    /// document harder than another is not in the interval.
    private static Measure difference(
            String of, List<TextSample.Document> later, List<TextSample.Document> earlier) {
        var all = IntStream.range(0, later.size()).toArray();
        var interval =
                BOOTSTRAP.statistic(
                        all.length,
                        drawn -> bitsPerByte(later, drawn) - bitsPerByte(earlier, drawn));
        return new Measure(
                of,
                "bits per byte, difference",
                bitsPerByte(later, all) - bitsPerByte(earlier, all),
                interval.low(),
                interval.high(),
                all.length);
    }

    private static double bitsPerByte(List<TextSample.Document> documents, int[] which) {
        double bits = 0;
        double bytes = 0;
        for (int i : which) {
            bits += documents.get(i).sums()[TextSample.FIRST];
            bytes += documents.get(i).sums()[TextSample.BYTES];
        }
        return bits / bytes;
    }
}
