package chuan.eval.measure;

import chuan.engine.Cancellation;
import chuan.engine.Perplexity;
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
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import java.util.function.Predicate;

/// How well a model predicts a set of texts: bits per byte, of all, by language and by source, with
/// intervals from drawing the documents anew. The protocol is that of [Perplexity].
public final class TextGauge implements Gauge {
    private final TextSet set;
    private final List<TextSet.Text> texts;
    private final OptionalInt limit;
    private final Bootstrap bootstrap;

    private TextGauge(TextSet set, OptionalInt limit, Bootstrap bootstrap) {
        this.set = set;
        this.limit = limit;
        this.bootstrap = bootstrap;
        texts = limited(set.texts(), limit);
    }

    /// @param limit documents of each language and source, from its first; absent = all
    public static TextGauge of(Path file, OptionalInt limit) throws IOException {
        return new TextGauge(TextSet.read(file), limit, Bootstrap.DEFAULT);
    }

    private static List<TextSet.Text> limited(List<TextSet.Text> texts, OptionalInt limit) {
        var taken = new LinkedHashMap<String, Integer>();
        var kept = new ArrayList<TextSet.Text>();
        for (var text : texts) {
            if (text.text().isEmpty()) continue;
            int count = taken.merge(text.lang() + "\n" + text.source(), 1, Integer::sum);
            if (limit.isEmpty() || count <= limit.getAsInt()) kept.add(text);
        }
        return kept;
    }

    @Override
    public String name() {
        return "text:" + set.file().getFileName();
    }

    @Override
    public String title() {
        return "Bits per byte: " + set.file().getFileName();
    }

    @Override
    public Map<String, Object> facts() {
        var facts = new LinkedHashMap<String, Object>();
        facts.put("file", set.file().getFileName().toString());
        facts.put("sha256", set.sha256());
        facts.put("documents", texts.size());
        facts.put("limit for each source", limit.isPresent() ? limit.getAsInt() : "none");
        facts.put("windows", "the model's context, advancing by half of it; end id in front");
        facts.put(
                "intervals",
                "documents drawn anew %d times, seed %d; of a single one its stretches"
                        .formatted(bootstrap.resamples(), bootstrap.seed()));
        return facts;
    }

    /// A document once it is read.
    private record Read(TextSet.Text text, TextSample.Document sums) {}

    @Override
    public List<Measure> measure(
            Backend backend, Tokenizer tokenizer, Progress progress, Cancellation cancellation) {
        var read = read(backend, tokenizer, progress, cancellation);
        var measures = new ArrayList<Measure>();
        measures.add(
                measure("all", read, _ -> true)
                        .orElseThrow(() ->
                                new MeasureException(
                                        set.file() + ": holds one token: too little to measure")));
        var languages = new TreeSet<String>();
        for (var one : read) languages.add(one.text().lang());
        for (String lang : languages) {
            if (!lang.isEmpty()) measure(lang, read, of(lang)).ifPresent(measures::add);
            var sources = new TreeSet<String>();
            for (var one : read) if (of(lang).test(one)) sources.add(one.text().source());
            for (String source : sources)
                if (!source.isEmpty())
                    measure(
                                    lang.isEmpty() ? source : lang + " · " + source,
                                    read,
                                    of(lang).and(one -> one.text().source().equals(source)))
                            .ifPresent(measures::add);
        }
        return measures;
    }

    private static Predicate<Read> of(String lang) {
        return one -> one.text().lang().equals(lang);
    }

    private List<Read> read(
            Backend backend, Tokenizer tokenizer, Progress progress, Cancellation cancellation) {
        var protocol = Perplexity.of(backend, tokenizer);
        var sample = new TextSample();
        var bytes = new TokenBytes(tokenizer, protocol.startId().isPresent());
        protocol.measure(
                backend,
                tokenizer,
                texts.stream().map(TextSet.Text::text)::iterator,
                sum -> {
                    int ended = sample.documents().size();
                    if (sum.documents() == ended) return;
                    sample.endDocument(texts.get(ended).bytes());
                    progress.update((ended + 1.0) / texts.size());
                },
                (ids, at, nats) -> sample.token(bytes.of(ids, at), nats / Math.log(2)),
                cancellation);
        if (cancellation.isCancelled()) throw new CancellationException();
        var read = new ArrayList<Read>();
        for (int i = 0; i < texts.size(); i++)
            read.add(new Read(texts.get(i), sample.documents().get(i)));
        return read;
    }

    /// Empty where one token alone was predicted: of that no interval can be had.
    private Optional<Measure> measure(String of, List<Read> all, Predicate<Read> which) {
        var documents = all.stream().filter(which).map(Read::sums).toList();
        return bitsPerByte(of, documents, bootstrap);
    }

    /// Of documents whose first column is bits.
    static Optional<Measure> bitsPerByte(
            String of, List<TextSample.Document> documents, Bootstrap bootstrap) {
        return TextSample.interval(documents, TextSample.FIRST, TextSample.BYTES, bootstrap)
                .map(interval ->
                        new Measure(
                                of,
                                "bits per byte",
                                TextSample.sum(documents, TextSample.FIRST)
                                        / TextSample.sum(documents, TextSample.BYTES),
                                interval.low(),
                                interval.high(),
                                documents.size()));
    }
}
