package chuan.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Small models that the SentencePiece library trained on texts of ours, with the ids it gives:
/// with and without byte fallback, normalisation, removal of spaces, pieces of spaces.
class TinyModelsTest {
    @TempDir Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"tiny-baichuan", "tiny-plain", "tiny-spaces"})
    void encodesAndDecodesAsTheLibrary(String name) throws IOException {
        compare(TestFiles.tiny(name), name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"tiny-baichuan", "tiny-plain", "tiny-spaces"})
    void aWrittenModelIsTheSameTokenizer(String name) throws IOException {
        Tokenizer tokenizer = TestFiles.tiny(name);
        Path copy = folder.resolve("tokenizer.model");
        SentencePieceFile.write(tokenizer.model(), copy);
        Tokenizer again = Tokenizer.loadFolder(folder);
        compare(again, name);
        assertThat(again.fingerprint()).isEqualTo(tokenizer.fingerprint());
        assertThat(again.model().training()).isEqualTo(tokenizer.model().training());
        assertThat(Files.readAllBytes(copy)).isEqualTo(SentencePieceFile.toBytes(again.model()));
    }

    private static void compare(Tokenizer tokenizer, String name) throws IOException {
        List<MiniJson.Row> cases = MiniJson.lines(TestFiles.golden(name + "-golden.jsonl"));
        for (MiniJson.Row expected : cases) {
            String text = expected.text("text");
            int[] ids = expected.ints("ids");
            assertThat(tokenizer.encode(text, SpecialText.SENTENCEPIECE)).as(text).isEqualTo(ids);
            assertThat(tokenizer.decode(ids)).as(text).isEqualTo(expected.get("decoded"));
        }
        assertThat(cases).hasSizeGreaterThan(350);
    }
}
