package chuan.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StreamingDecoderTest {
    @ParameterizedTest
    @ValueSource(strings = {"tiny-baichuan", "tiny-plain", "tiny-spaces"})
    void thePartsMakeTheWholeForAnyIds(String name) throws IOException {
        Tokenizer tokenizer = TestFiles.tiny(name);
        long seed = 31;
        var random = new SplittableRandom(seed);
        for (int round = 0; round < 2_000; round++) {
            int[] ids =
                    random.ints(random.nextInt(0, 30), 0, tokenizer.vocabSize())
                            .map(id -> random.nextInt(2) == 0 ? id : id % 300)
                            .toArray();
            assertThat(String.join("", parts(tokenizer, ids)))
                    .as("seed %d round %d", seed, round)
                    .isEqualTo(tokenizer.decode(ids));
        }
    }

    @Test
    void noPartHoldsHalfACharacter() throws IOException {
        Tokenizer tokenizer = TestFiles.tiny("tiny-baichuan");
        // none of these characters has a piece: each arrives byte by byte
        for (String text :
                List.of("①", "😀", "a\nb", "A\tB", "  leading", "trailing  ", "😀👍🏽é龘")) {
            int[] ids = tokenizer.encode(text, SpecialText.PLAIN);
            List<String> parts = parts(tokenizer, ids);
            String whole = String.join("", parts);
            assertThat(whole).isEqualTo(tokenizer.decode(ids)).doesNotContain("\uFFFD");
            for (String part : parts) {
                assertThat(StandardCharsets.UTF_8.newEncoder().canEncode(part)).isTrue();
            }
        }
    }

    @Test
    void bytesThatFormNoCharacterBecomeReplacementsOnlyWhenCertain() throws IOException {
        Tokenizer tokenizer = TestFiles.tiny("tiny-baichuan");
        StreamingDecoder decoder = tokenizer.streamingDecoder();
        assertThat(decoder.accept(tokenizer.idOf("<0xE4>"))).isEmpty();
        assertThat(decoder.accept(tokenizer.idOf("<0xBD>"))).isEmpty();
        assertThat(decoder.accept(tokenizer.idOf("<0x41>"))).isEqualTo("\uFFFD\uFFFDA");
        assertThat(decoder.accept(tokenizer.idOf("<0xF0>"))).isEmpty();
        assertThat(decoder.finish()).isEqualTo("\uFFFD");
        assertThat(decoder.finish()).isEmpty();
    }

    @Test
    void anIdOutsideTheVocabularyIsNamed() throws IOException {
        Tokenizer tokenizer = TestFiles.tiny("tiny-plain");
        assertThatThrownBy(() -> tokenizer.decode(460))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("id 460 is outside the vocabulary of 460 pieces");
        assertThatThrownBy(() -> tokenizer.streamingDecoder().accept(-1))
                .hasMessageContaining("id -1");
    }

    private static List<String> parts(Tokenizer tokenizer, int[] ids) {
        List<String> parts = new ArrayList<>();
        StreamingDecoder decoder = tokenizer.streamingDecoder();
        for (int id : ids) {
            parts.add(decoder.accept(id));
        }
        parts.add(decoder.finish());
        return parts;
    }
}
