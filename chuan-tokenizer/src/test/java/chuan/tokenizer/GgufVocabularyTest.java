package chuan.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Vocabularies in model files of llama.cpp and in ours. The official one: see
/// [OfficialVocabularyTest].
class GgufVocabularyTest {
    private static final Path GOLDEN = TestFiles.root().resolve("testdata/golden/gguf");

    @TempDir Path folder;

    /// Two of the texts hold user-defined pieces, which the file calls normal: llama.cpp cuts them
    /// up, SentencePiece does not.
    @ParameterizedTest
    @ValueSource(strings = {"baichuan-rope32/Q4_0", "llama-gqa-256/Q4_K_M"})
    void encodesAsTheModelFileDoes(String name) throws IOException {
        var tokenizer = Tokenizer.load(GOLDEN.resolve("models").resolve(name + ".gguf"));
        var recorded =
                row(MiniJson.object(Files.readString(GOLDEN.resolve("models/tokenization.json"))));
        int unlike = 0;
        var cases = (List<?>) recorded.get("cases");
        for (Object item : cases) {
            var row = row(item);
            String text = row.text("text");
            int[] ids = row.ints("sentencepiece_ids");
            assertThat(tokenizer.encode(text, SpecialText.SENTENCEPIECE)).as(text).isEqualTo(ids);
            if (!Arrays.equals(ids, row.ints("llamacpp_ids"))) unlike++;
        }
        System.out.printf("%s: %d texts, %d unlike llama.cpp%n", name, cases.size(), unlike);
        assertThat(cases).hasSize(20);
        assertThat(unlike).isEqualTo(2);
    }

    @SuppressWarnings("unchecked")
    private static MiniJson.Row row(Object item) {
        return new MiniJson.Row((java.util.Map<String, Object>) item);
    }

    @Test
    void theWholeModelFileIsPreferred() throws IOException {
        byte[] model = Files.readAllBytes(TestFiles.golden("tiny-plain.model"));
        Path file = folder.resolve("m.gguf");
        var out = ByteBuffer.allocate(model.length + 1000).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(0x46554747).putInt(3).putLong(0).putLong(2);
        string(out, "tokenizer.ggml.model");
        out.putInt(8);
        string(out, "gpt2");
        string(out, "chuan.tokenizer_model");
        out.putInt(9).putInt(0).putLong(model.length).put(model);
        Files.write(file, Arrays.copyOf(out.array(), out.position()));
        var expected = TestFiles.tiny("tiny-plain").model();
        assertThat(Tokenizer.load(file).model().pieces()).isEqualTo(expected.pieces());

        out.put(out.position() - model.length, (byte) 0xff);
        Files.write(file, Arrays.copyOf(out.array(), out.position()));
        assertThatThrownBy(() -> Tokenizer.load(file))
                .isInstanceOf(MalformedTokenizerException.class)
                .hasMessageContaining("m.gguf: chuan.tokenizer_model");
    }

    @Test
    void keysOfEveryTypeAreReadOver() throws IOException {
        int valid = Tokenizer.load(GOLDEN.resolve("broken/00-valid.gguf")).vocabSize();
        for (String name : List.of("31-valid-all-value-types", "33-nested-array"))
            assertThat(Tokenizer.load(GOLDEN.resolve("broken/" + name + ".gguf")).vocabSize())
                    .isEqualTo(valid);
    }

    private static void string(ByteBuffer out, String text) {
        byte[] bytes = BpeTables.utf8(text);
        out.putLong(bytes.length).put(bytes);
    }
}
