package chuan.eval.measure;

import chuan.engine.Cancellation;
import chuan.engine.Comparison;
import chuan.engine.Perplexity;
import chuan.eval.report.Bootstrap;
import chuan.eval.report.Figure;
import chuan.model.Backend;
import chuan.tokenizer.Tokenizer;
import java.util.List;

/// What a form of a model lost against another on texts, with intervals from drawing the documents
/// anew, or the stretches of a single one.
public final class FormGauge {
    private static final Bootstrap BOOTSTRAP = Bootstrap.DEFAULT;
    private static final int BITS = TextSample.FIRST;
    private static final int CHANGE = TextSample.FIRST + 1;
    private static final int DIVERGENCE = TextSample.FIRST + 2;
    private static final int AGREEMENT = TextSample.FIRST + 3;

    private final Perplexity protocol;
    private final Tokenizer tokenizer;
    private final Iterable<String> documents;

    /// @param documents are gone through anew for each form
    public FormGauge(Perplexity protocol, Tokenizer tokenizer, Iterable<String> documents) {
        this.protocol = protocol;
        this.tokenizer = tokenizer;
        this.documents = documents;
    }

    /// @param change of the bits per byte from the measure to the form; the documents of both are
    ///   drawn together
    /// @param divergence mean over tokens of the Kullback-Leibler divergence, in nats
    /// @param agreement fraction of tokens with the same most probable next one
    public record Loss(Figure bitsPerByte, Figure change, Figure divergence, Figure agreement) {}

    /// The measure itself.
    ///
    /// @throws MeasureException if the texts are too little to say anything
    public Loss alone(Backend measure, Perplexity.Progress progress) {
        var reading = new Reading();
        protocol.measure(
                measure,
                tokenizer,
                documents,
                soFar -> {
                    reading.heard(soFar);
                    progress.update(soFar);
                },
                (ids, at, nats) -> reading.token(ids, at, nats, 0, 0, true),
                new Cancellation());
        return new Loss(
                reading.ratio(BITS, TextSample.BYTES),
                Figure.exactly(0),
                Figure.exactly(0),
                Figure.exactly(1));
    }

    /// @throws MeasureException if the texts are too little to say anything
    public Loss against(Backend measure, Backend form, Perplexity.Progress progress) {
        var reading = new Reading();
        new Comparison(protocol)
                .measure(
                        measure,
                        form,
                        tokenizer,
                        documents,
                        soFar -> {
                            reading.heard(soFar);
                            progress.update(soFar);
                        },
                        (ids, at, before, nats, divergence, agrees) ->
                                reading.token(ids, at, nats, nats - before, divergence, agrees));
        return new Loss(
                reading.ratio(BITS, TextSample.BYTES),
                reading.ratio(CHANGE, TextSample.BYTES),
                reading.ratio(DIVERGENCE, TextSample.TOKENS),
                reading.ratio(AGREEMENT, TextSample.TOKENS));
    }

    /// The way through the documents.
    private final class Reading {
        private final TextSample sample = new TextSample();
        private final TokenBytes bytes = new TokenBytes(tokenizer, protocol.startId().isPresent());
        private long bytesBefore;

        void token(
                int[] ids, int at, double nats, double change, double divergence, boolean agrees) {
            sample.token(
                    bytes.of(ids, at),
                    nats / Math.log(2),
                    change / Math.log(2),
                    divergence,
                    agrees ? 1 : 0);
        }

        /// Once a document is through, the sum says so.
        void heard(Perplexity.Result soFar) {
            if (soFar.documents() == sample.documents().size()) return;
            sample.endDocument(soFar.bytes() - bytesBefore);
            bytesBefore = soFar.bytes();
        }

        Figure ratio(int part, int whole) {
            List<TextSample.Document> read = sample.documents();
            var interval = TextSample.interval(read, part, whole, BOOTSTRAP);
            if (interval.isEmpty())
                throw new MeasureException("the text holds one token: too little to measure");
            return new Figure(
                    TextSample.sum(read, part) / TextSample.sum(read, whole), interval.get());
        }
    }
}
