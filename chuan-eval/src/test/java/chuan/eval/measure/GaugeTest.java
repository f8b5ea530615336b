package chuan.eval.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import chuan.engine.Cancellation;
import chuan.engine.Perplexity;
import chuan.eval.Examination.Measure;
import chuan.eval.report.Bootstrap;
import chuan.eval.report.Interval;
import chuan.files.ModelFolder;
import chuan.model.Backend;
import chuan.model.ReferenceBackend;
import chuan.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CancellationException;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GaugeTest {
    private static final Path GOLDEN = Path.of("..", "testdata", "golden");
    private static final List<String> CHINESE = List.of("今天天气很好。", "他们在河边看鱼，然后回家。");
    private static final List<String> ENGLISH = List.of("The river runs past the town.");

    private static Backend backend;
    private static Tokenizer tokenizer;

    @TempDir Path folder;

    @BeforeAll
    static void load() throws IOException {
        var model = ModelFolder.open(GOLDEN.resolve("tiny-llama"));
        backend = new ReferenceBackend(model.config(), model.rows());
        tokenizer = Tokenizer.load(GOLDEN.resolve("tokenizer/tiny-plain.model"));
    }

    private Path corpus() throws IOException {
        var lines = new ArrayList<String>();
        lines.add(line(CHINESE.getFirst(), "zh", "news"));
        lines.add("");
        lines.add(line(ENGLISH.getFirst(), "en", "books"));
        lines.add(line(CHINESE.getLast(), "zh", "books"));
        Path file = folder.resolve("held-out.jsonl");
        Files.write(file, lines);
        return file;
    }

    private static String line(String text, String lang, String source) {
        return "{\"text\":\"%s\",\"lang\":\"%s\",\"source\":\"%s\",\"id\":1}"
                .formatted(text, lang, source);
    }

    private static List<Measure> measure(Path file) throws IOException {
        return TextGauge.of(file, OptionalInt.empty())
                .measure(backend, tokenizer, _ -> {}, new Cancellation());
    }

    private static double bitsPerByte(List<String> texts) {
        return Perplexity.of(backend, tokenizer)
                .measure(backend, tokenizer, texts, _ -> {}, new Cancellation())
                .bitsPerByte();
    }

    private static double value(List<Measure> measures, String of) {
        return measures.stream().filter(m -> m.of().equals(of)).findFirst().orElseThrow().value();
    }

    @Test
    void eachLanguageAndSourceIsMeasuredAsIfItStoodAlone() throws Exception {
        var measures = measure(corpus());

        assertThat(measures.stream().map(Measure::of))
                .containsExactly("all", "en", "en · books", "zh", "zh · books", "zh · news");
        var all = new ArrayList<>(CHINESE);
        all.addAll(ENGLISH);
        assertThat(value(measures, "all")).isCloseTo(bitsPerByte(all), within(1e-9));
        assertThat(value(measures, "zh")).isCloseTo(bitsPerByte(CHINESE), within(1e-9));
        assertThat(value(measures, "en")).isCloseTo(bitsPerByte(ENGLISH), within(1e-9));
        assertThat(value(measures, "zh · news"))
                .isCloseTo(bitsPerByte(CHINESE.subList(0, 1)), within(1e-9));
    }

    /// Two documents drawn twice: both ends are the values of the single documents.
    @Test
    void theIntervalIsOfDocuments() throws Exception {
        var zh =
                measure(corpus()).stream()
                        .filter(m -> m.of().equals("zh"))
                        .findFirst()
                        .orElseThrow();
        double one = bitsPerByte(CHINESE.subList(0, 1));
        double other = bitsPerByte(CHINESE.subList(1, 2));

        assertThat(zh.low()).isCloseTo(Math.min(one, other), within(1e-9));
        assertThat(zh.high()).isCloseTo(Math.max(one, other), within(1e-9));
        assertThat(zh.count()).isEqualTo(2);
    }

    /// Of one document its stretches are drawn: of a short one each has as many tokens.
    @Test
    void theIntervalOfOneDocumentIsOfItsStretches() throws Exception {
        var en = measure(corpus()).get(1);

        assertThat(en.of()).isEqualTo("en");
        assertThat(en.count()).isEqualTo(1);
        assertThat(en.low()).isLessThan(en.value());
        assertThat(en.high()).isGreaterThan(en.value());
    }

    /// 2,000 tokens, of which each third ends a character.
    @Test
    void stretchesHoldAllTokensOnce() {
        var sample = new TextSample();
        double bits = 0;
        for (int i = 0; i < 2000; i++) {
            sample.token(i % 3 == 0 ? 3 : 0, Integer.bitCount(i));
            bits += Integer.bitCount(i);
        }
        sample.endDocument(2001);

        var document = sample.documents().getFirst();
        assertThat(document.sums()).containsExactly(2000, 2001, bits);
        for (int column = 0; column < 3; column++)
            assertThat(sum(TextSample.column(document.stretches(), column)))
                    .isCloseTo(document.sums()[column], within(1e-9));
        for (double[] stretch : document.stretches().subList(0, document.stretches().size() - 1))
            assertThat(stretch[TextSample.TOKENS]).isBetween(64.0, 66.0);
        assertThat(document.stretches()).allMatch(stretch -> stretch[TextSample.BYTES] > 0);
    }

    private static double sum(double[] values) {
        double sum = 0;
        for (double value : values) sum += value;
        return sum;
    }

    /// Two stretches: in a quarter of the draws both are the first, in a quarter both the second.
    @Test
    void theIntervalIsTheMiddleOfWhatCanBeDrawn() {
        var sample = new TextSample();
        for (int i = 0; i < 2; i++) sample.token(1, i);
        sample.endDocument(2);
        var interval =
                TextSample.interval(
                                sample.documents(),
                                TextSample.FIRST,
                                TextSample.BYTES,
                                Bootstrap.DEFAULT)
                        .orElseThrow();

        assertThat(interval).isEqualTo(new Interval(0, 1));
        var single = new TextSample();
        single.token(1, 5);
        single.endDocument(1);
        assertThat(
                        TextSample.interval(
                                single.documents(),
                                TextSample.FIRST,
                                TextSample.BYTES,
                                Bootstrap.DEFAULT))
                .isEmpty();
    }

    @Test
    void oneTokenIsTooLittleToMeasure() throws Exception {
        int one = tokenizer.eosId() + 1;
        while (tokenizer.decode(new int[] {one}).isBlank()
                || tokenizer.encode(tokenizer.decode(new int[] {one})).length != 1) one++;
        Path file = folder.resolve("one.txt");
        Files.writeString(file, tokenizer.decode(new int[] {one}));

        assertThatThrownBy(() -> measure(file))
                .isInstanceOf(MeasureException.class)
                .hasMessage(file + ": holds one token: too little to measure");
    }

    /// The same documents in both parts, drawn together.
    @Test
    void whatContextGainsHasAnIntervalOfItsOwn() throws Exception {
        Path file = folder.resolve("long.jsonl");
        Files.write(
                file,
                List.of(
                        line(CHINESE.getLast().repeat(8), "zh", "x"),
                        line(ENGLISH.getLast().repeat(8), "en", "x")));

        var measures =
                LengthGauge.of(file, 64, OptionalInt.empty())
                        .measure(backend, tokenizer, _ -> {}, new Cancellation());

        assertThat(measures).hasSize(9);
        var last = measures.getLast();
        assertThat(last.of()).isEqualTo("tokens 56 to 63 less tokens 0 to 7");
        assertThat(last.value())
                .isCloseTo(measures.get(7).value() - measures.getFirst().value(), within(1e-9));
        assertThat(last.low()).isLessThanOrEqualTo(last.value());
        assertThat(last.high()).isGreaterThanOrEqualTo(last.value());
        assertThat(last.unit()).isEqualTo("bits per byte, difference");
    }

    @Test
    void packedFilesHoldTheSameTexts() throws Exception {
        Path packed = folder.resolve("held-out.jsonl.gz");
        try (var out = new GZIPOutputStream(Files.newOutputStream(packed))) {
            out.write(Files.readAllBytes(corpus()));
        }
        assertThat(measure(packed)).isEqualTo(measure(corpus()));
    }

    @Test
    void aCancelledMeasurementIsNone() {
        var cancellation = new Cancellation();
        cancellation.cancel();

        assertThatThrownBy(() ->
                        TextGauge.of(corpus(), OptionalInt.empty())
                                .measure(backend, tokenizer, _ -> {}, cancellation))
                .isInstanceOf(CancellationException.class);
    }

    @Test
    void wrongFilesAreSaidInOneLine() throws Exception {
        Path file = folder.resolve("bad.jsonl");
        Files.writeString(file, "{\"text\":\"a\"}\n{\"txt\":\"b\"}\n");
        assertThatThrownBy(() -> TextGauge.of(file, OptionalInt.empty()))
                .isInstanceOf(MeasureException.class)
                .hasMessage(file + ": line 2: has no \"text\"");
        Files.writeString(file, "{\"text\":\"\"}\n");
        assertThatThrownBy(() -> TextGauge.of(file, OptionalInt.empty()))
                .hasMessage(file + ": holds no text");
        Files.write(file, "{\"text\":\"ä\"}".getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> TextGauge.of(file, OptionalInt.empty()))
                .hasMessage(file + ": is not UTF-8 text");
    }

    @Test
    void positionsAreMeasuredOverDocumentsThatAreLongEnough() throws Exception {
        Path file = folder.resolve("long.jsonl");
        Files.write(
                file, List.of(line("短。", "zh", "x"), line(CHINESE.getLast().repeat(8), "zh", "x")));

        var measures =
                LengthGauge.of(file, 32, OptionalInt.empty())
                        .measure(backend, tokenizer, _ -> {}, new Cancellation());

        assertThat(measures).hasSize(8);
        assertThat(measures.getFirst().of()).isEqualTo("tokens 0 to 3");
        assertThat(measures.getFirst().count()).isEqualTo(1);
        assertThat(measures.stream().mapToDouble(Measure::value)).allMatch(v -> v > 0);
        assertThatThrownBy(() ->
                        LengthGauge.of(file, 100_000, OptionalInt.empty())
                                .measure(backend, tokenizer, _ -> {}, new Cancellation()))
                .hasMessageContaining("no document has 100,000 tokens");
        assertThatThrownBy(() -> LengthGauge.of(file, 31, OptionalInt.empty()))
                .hasMessage("lengths: a context of 31 tokens is shorter than 32");
    }
}
