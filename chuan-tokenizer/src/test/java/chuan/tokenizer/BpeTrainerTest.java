package chuan.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import chuan.tokenizer.SentencePieceModel.Piece;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BpeTrainerTest {
    @ParameterizedTest
    @ValueSource(strings = {"tiny-baichuan", "tiny-plain", "tiny-spaces"})
    void findsThePiecesThatTheLibraryFinds(String name) throws IOException {
        SentencePieceModel trained = new BpeTrainer(options(name)).train(corpus());
        assertSamePieces(trained.pieces(), TestFiles.tiny(name).model().pieces());
        assertThat(trained.byteFallback()).isEqualTo(name.equals("tiny-baichuan"));
    }

    @Test
    void theOrderOfTheTextsAndTheThreadsDoNotMatter() throws IOException {
        List<String> shuffled = new ArrayList<>(corpus());
        Collections.shuffle(shuffled, new Random(5));
        BpeTrainerOptions options = BpeTrainerOptions.baichuan(1300);
        List<Piece> one = new BpeTrainer(options.withThreads(1)).train(corpus()).pieces();
        List<Piece> four = new BpeTrainer(options.withThreads(4)).train(shuffled).pieces();
        assertThat(four).isEqualTo(one);
    }

    @Test
    void wholeDocumentsEqualTheirLinesUpToTheDummyPrefix() throws IOException {
        String document = String.join("\n", corpus());
        BpeTrainerOptions options = BpeTrainerOptions.baichuan(1300);
        SentencePieceModel model = new BpeTrainer(options).train(List.of(document));
        Tokenizer tokenizer = Tokenizer.of(model);
        int[] ids = tokenizer.encode(document);
        assertThat(tokenizer.decode(ids))
                .isEqualTo(tokenizer.normalize(document).substring(1).replace('▁', ' '));
        assertThat(ids).contains(tokenizer.idOf("\n")).hasSizeLessThan(document.length() / 2 + 200);
    }

    @Test
    void impossibleSizesAreRefusedWithTheBound() {
        BpeTrainerOptions small = BpeTrainerOptions.sentencePieceDefaults(5);
        assertThatThrownBy(() -> new BpeTrainer(small).train(List.of("abcdef ghij")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("too small: 3 special pieces and");
        BpeTrainerOptions large = BpeTrainerOptions.sentencePieceDefaults(500);
        assertThatThrownBy(() -> new BpeTrainer(large).train(List.of("abc abc")))
                .hasMessageContaining("at most ");
        assertThatThrownBy(() -> BpeTrainerOptions.baichuan(0)).hasMessageContaining("0");
    }

    @Test
    void theListOfOfficialSymbolsIsComplete() {
        assertThat(BaichuanSymbols.all()).hasSize(390).doesNotHaveDuplicates();
        assertThat(BaichuanSymbols.all().get(62 - 3)).isEqualTo("０");
        assertThat(BaichuanSymbols.all().get(72 - 3)).isEqualTo("，");
        assertThat(BaichuanSymbols.all().get(196 - 3)).isEqualTo("<reserved_103>");
    }

    @Test
    void progressIsReportedToTheEnd() throws IOException {
        List<String> seen = new ArrayList<>();
        new BpeTrainer(
                        BpeTrainerOptions.baichuan(1300),
                        (stage, done, total) -> seen.add(stage + " " + done + "/" + total))
                .train(corpus());
        int lines = corpus().size();
        assertThat(seen).contains("reading " + lines + "/" + lines);
        assertThat(seen.getLast()).startsWith("merging ");
    }

    static void assertSamePieces(List<Piece> trained, List<Piece> expected) {
        assertThat(trained).hasSameSizeAs(expected);
        for (int id = 0; id < expected.size(); id++) {
            assertThat(trained.get(id).text())
                    .as("piece %d", id)
                    .isEqualTo(expected.get(id).text());
            assertThat(trained.get(id).kind()).isEqualTo(expected.get(id).kind());
            assertThat(trained.get(id).score() + 0f).isEqualTo(expected.get(id).score() + 0f);
        }
    }

    static List<String> corpus() throws IOException {
        return Files.readAllLines(TestFiles.golden("tiny-corpus.txt"));
    }

    /// The options of make_tiny.py.
    static BpeTrainerOptions options(String name) {
        return switch (name) {
            case "tiny-baichuan" ->
                    new BpeTrainerOptions(
                            1100,
                            0.9995f,
                            16,
                            0,
                            true,
                            true,
                            true,
                            true,
                            false,
                            true,
                            false,
                            List.of(),
                            BaichuanSymbols.withReserved(104),
                            false,
                            NormalizerSettings.baichuan(),
                            2);
            case "tiny-plain" ->
                    new BpeTrainerOptions(
                            460,
                            0.98f,
                            16,
                            0,
                            true,
                            true,
                            true,
                            false,
                            false,
                            false,
                            false,
                            List.of("<user>"),
                            List.of(),
                            true,
                            NormalizerSettings.identity().withRemoveExtraWhitespaces(true),
                            2);
            case "tiny-spaces" ->
                    new BpeTrainerOptions(
                            640,
                            1f,
                            6,
                            0,
                            false,
                            false,
                            false,
                            false,
                            true,
                            false,
                            false,
                            List.of(),
                            List.of(),
                            false,
                            NormalizerSettings.identity(),
                            2);
            default -> throw new IllegalArgumentException(name);
        };
    }
}
