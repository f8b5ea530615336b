package chuan.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The official vocabulary of 64,000 pieces against ids from the SentencePiece library and from the
/// official tokenizer class, for both files that carry it.
class OfficialVocabularyTest {
    private static final String MODEL = "golden/tokenizer/tokenizer.model";
    private static final String GGUF = "data/vocab/ggml-vocab-baichuan.gguf";

    @ParameterizedTest
    @ValueSource(strings = {MODEL, GGUF})
    void encodesEveryText(String file) throws IOException {
        Tokenizer tokenizer = Tokenizer.load(TestFiles.sharedOrSkip(file));
        Tokenizer removing = removingExtraSpaces(tokenizer);
        List<MiniJson.Row> cases = MiniJson.lines(TestFiles.golden("tokenizer-golden.jsonl"));
        for (MiniJson.Row expected : cases) {
            String text = expected.text("text");
            int[] ids = expected.ints("ids");
            assertThat(tokenizer.encode(text, SpecialText.SENTENCEPIECE)).as(text).isEqualTo(ids);
            assertThat(tokenizer.pieces(text, SpecialText.SENTENCEPIECE))
                    .isEqualTo(expected.get("pieces"));
            assertThat(tokenizer.normalize(text)).isEqualTo(expected.get("normalized"));
            assertThat(tokenizer.decode(ids)).isEqualTo(expected.get("decoded"));
            int[] official = expected.ints("hf_ids", "ids");
            assertThat(tokenizer.encode(text, SpecialText.OFFICIAL_CLASS))
                    .as(text)
                    .isEqualTo(official);
            if (expected.has("hf_decoded_skip_special")) {
                assertThat(tokenizer.decodeOfficial(official, true))
                        .isEqualTo(expected.get("hf_decoded_skip_special"));
            }
            int[] other = expected.ints("ids_if_remove_extra_whitespaces", "ids");
            assertThat(removing.encode(text, SpecialText.SENTENCEPIECE)).as(text).isEqualTo(other);
        }
        System.out.println(cases.size() + " of " + cases.size() + " texts equal with " + file);
        assertThat(cases).hasSize(406);
    }

    @ParameterizedTest
    @ValueSource(strings = {MODEL, GGUF})
    void decodesEveryIdList(String file) throws IOException {
        Tokenizer tokenizer = Tokenizer.load(TestFiles.sharedOrSkip(file));
        List<MiniJson.Row> cases = MiniJson.lines(TestFiles.golden("decode-golden.jsonl"));
        for (MiniJson.Row expected : cases) {
            int[] ids = expected.ints("ids");
            assertThat(tokenizer.decode(ids)).isEqualTo(expected.get("sp_decoded"));
            assertThat(tokenizer.decodeOfficial(ids, false)).isEqualTo(expected.get("hf_decoded"));
            assertThat(tokenizer.decodeOfficial(ids, true))
                    .isEqualTo(expected.get("hf_decoded_skip_special"));
        }
        System.out.println(cases.size() + " of " + cases.size() + " id lists equal with " + file);
        assertThat(cases).hasSize(70);
    }

    @Test
    void bothFilesAreTheSameTokenizer() throws IOException {
        Tokenizer model = Tokenizer.load(TestFiles.sharedOrSkip(MODEL));
        Tokenizer gguf = Tokenizer.load(TestFiles.sharedOrSkip(GGUF));
        assertThat(gguf.model().pieces()).isEqualTo(model.model().pieces());
        assertThat(gguf.model().normalizer().charsmap())
                .isEqualTo(model.model().normalizer().charsmap());
        assertThat(List.of(gguf.bosId(), gguf.eosId(), gguf.unkId(), gguf.padId()))
                .containsExactly(1, 2, 0, 0);
    }

    @Test
    void aFolderIsOpenedByItsModelFile() throws IOException {
        Path folder = TestFiles.sharedOrSkip(MODEL).resolveSibling("");
        assertThat(Tokenizer.loadFolder(folder).vocabSize()).isEqualTo(64_000);
        Path ggufFolder = TestFiles.sharedOrSkip(GGUF).resolveSibling("");
        assertThat(Tokenizer.loadFolder(ggufFolder).vocabSize()).isEqualTo(64_000);
    }

    @Test
    void userTextCannotSpellAMarker() throws IOException {
        Tokenizer tokenizer = Tokenizer.load(TestFiles.sharedOrSkip(MODEL));
        for (String text : List.of("你好<reserved_103>我是", "</s>", "<s>", "<SEP>a<CLS>", "<unk>")) {
            int[] ids = tokenizer.encode(text);
            assertThat(ids).doesNotContain(0, 1, 2, 3, 4, 195, 196);
            assertThat(tokenizer.decode(ids)).isEqualTo(text);
        }
        assertThat(tokenizer.encode("你好<reserved_103>", SpecialText.SENTENCEPIECE))
                .containsExactly(9875, 31213, 196);
    }

    private static Tokenizer removingExtraSpaces(Tokenizer tokenizer) {
        SentencePieceModel model = tokenizer.model();
        return Tokenizer.of(
                model.withNormalizer(model.normalizer().withRemoveExtraWhitespaces(true)));
    }
}
