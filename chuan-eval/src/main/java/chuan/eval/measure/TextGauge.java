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
                "documents drawn anew %d times, seed %d"
                        .formatted(bootstrap.resamples(), bootstrap.seed()));
        return facts;
    }

    /// A document once it is read.
    private record Read(TextSet.Text text, double bits, long bytes) {}

    @Override
    public List<Measure> measure(
            Backend backend, Tokenizer tokenizer, Progress progress, Cancellation cancellation) {
        var read = read(backend, tokenizer, progress, cancellation);
        var measures = new ArrayList<Measure>();
        measures.add(measure("all", read, _ -> true));
        var languages = new TreeSet<String>();
        for (var one : read) languages.add(one.text().lang());
        for (String lang : languages) {
            if (!lang.isEmpty()) measures.add(measure(lang, read, of(lang)));
            var sources = new TreeSet<String>();
            for (var one : read) if (of(lang).test(one)) sources.add(one.text().source());
            for (String source : sources)
                if (!source.isEmpty())
                    measures.add(
                            measure(
                                    lang.isEmpty() ? source : lang + " · " + source,
                                    read,
                                    of(lang).and(one -> one.text().source().equals(source))));
        }
        return measures;
    }

    private static Predicate<Read> of(String lang) {
        return one -> one.text().lang().equals(lang);
    }

    private List<Read> read(
            Backend backend, Tokenizer tokenizer, Progress progress, Cancellation cancellation) {
        var sums = new ArrayList<Perplexity.Result>();
        Perplexity.of(backend, tokenizer)
                .measure(
                        backend,
                        tokenizer,
                        texts.stream().map(TextSet.Text::text)::iterator,
                        sum -> {
                            if (sum.documents() > sums.size()) {
                                sums.add(sum);
                                progress.update((double) sums.size() / texts.size());
                            }
                        },
                        cancellation);
        if (cancellation.isCancelled()) throw new CancellationException();
        var read = new ArrayList<Read>();
        double nats = 0;
        long bytes = 0;
        for (int i = 0; i < texts.size(); i++) {
            var sum = sums.get(i);
            read.add(
                    new Read(texts.get(i), (sum.nats() - nats) / Math.log(2), sum.bytes() - bytes));
            nats = sum.nats();
            bytes = sum.bytes();
        }
        return read;
    }

    private Measure measure(String of, List<Read> all, Predicate<Read> which) {
        var read = all.stream().filter(which).toList();
        var bits = read.stream().mapToDouble(Read::bits).toArray();
        var bytes = read.stream().mapToDouble(Read::bytes).toArray();
        double sumOfBits = 0;
        double sumOfBytes = 0;
        for (int i = 0; i < bits.length; i++) {
            sumOfBits += bits[i];
            sumOfBytes += bytes[i];
        }
        boolean interval = read.size() > 1;
        var ends = interval ? bootstrap.ratio(bits, bytes) : null;
        return new Measure(
                of,
                "bits per byte",
                sumOfBits / sumOfBytes,
                ends == null ? Double.NaN : ends.low(),
                ends == null ? Double.NaN : ends.high(),
                read.size());
    }
}
