package chuan.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenizerPropertiesTest {
    /// Stretches that random texts are put together from: words, markers, digits, spaces, emoji,
    /// full-width forms, combining marks, halves of characters.
    private static final List<String> STRETCHES =
            List.of(
                    "hello",
                    " the ",
                    "你好",
                    "，",
                    "。",
                    "１２",
                    "345",
                    "\n",
                    "\t",
                    "  ",
                    "<p>",
                    "</p>",
                    "<reserved_103>",
                    "<SEP>",
                    "</s>",
                    "<s>",
                    "<unk>",
                    "<0x41>",
                    "😀",
                    "①",
                    "é",
                    "e\u0301",
                    "（",
                    "ｶﾞ",
                    "\u2581",
                    "\uFFFD",
                    "\uD83D",
                    "\uDE00",
                    "\0",
                    "\u200B",
                    "\uFEFF",
                    "\u00A0",
                    "안녕",
                    "ﷺ",
                    "```",
                    "---",
                    "aaaa",
                    "\r\n",
                    "\u0085",
                    "𠀀",
                    "for(;;)",
                    "▅");

    @ParameterizedTest
    @ValueSource(strings = {"tiny-baichuan", "tiny-spaces"})
    void whatIsEncodedDecodesToTheNormalText(String name) throws IOException {
        Tokenizer tokenizer = TestFiles.tiny(name);
        boolean bytes = tokenizer.idOf("<0x00>") >= 0;
        long seed = 1234;
        var random = new SplittableRandom(seed);
        for (int round = 0; round < 3_000; round++) {
            String text = text(random);
            if (!bytes) {
                continue; // without bytes unknown characters cannot come back; encoding must not
                // fail
            }
            String normal = tokenizer.normalize(text).replace('▁', ' ');
            String wanted = normal.isEmpty() ? "" : normal.substring(1);
            for (SpecialText special : List.of(SpecialText.PLAIN, SpecialText.SENTENCEPIECE)) {
                int[] ids = tokenizer.encode(text, special);
                assertThat(tokenizer.decode(ids))
                        .as("seed %d round %d %s", seed, round, special)
                        .isEqualTo(wanted);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tiny-baichuan", "tiny-plain", "tiny-spaces"})
    void textWithoutMarkersIsTheSameInEveryMode(String name) throws IOException {
        Tokenizer tokenizer = TestFiles.tiny(name);
        long seed = 77;
        var random = new SplittableRandom(seed);
        for (int round = 0; round < 2_000; round++) {
            String text = text(random).replace("<reserved_103>", "").replace("<SEP>", "");
            int[] plain = tokenizer.encode(text);
            assertThat(tokenizer.encode(text, SpecialText.SENTENCEPIECE))
                    .as("seed %d round %d", seed, round)
                    .isEqualTo(plain);
            if (!text.contains("<s>") && !text.contains("</s>") && !text.contains("<unk>")) {
                assertThat(tokenizer.encode(text, SpecialText.OFFICIAL_CLASS)).isEqualTo(plain);
            }
        }
    }

    @Test
    void plainTextNeverBecomesAMarkerOrControlPiece() throws IOException {
        Tokenizer tokenizer = TestFiles.tiny("tiny-baichuan");
        int[] forbidden =
                IntStream.range(0, tokenizer.vocabSize())
                        .filter(id ->
                                tokenizer.kind(id) == PieceKind.CONTROL
                                        || tokenizer.piece(id).startsWith("<reserved_")
                                        || tokenizer.piece(id).equals("<SEP>")
                                        || tokenizer.piece(id).equals("<CLS>"))
                        .toArray();
        assertThat(forbidden).hasSize(108);
        for (String text :
                List.of(
                        "你好<reserved_103>我是",
                        "</s>",
                        "<s>",
                        "<SEP><CLS>",
                        "<reserved_<reserved_1>0>")) {
            assertThat(tokenizer.encode(text)).doesNotContain(forbidden);
            assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(text);
        }
        int marker = tokenizer.idOf("<reserved_103>");
        assertThat(tokenizer.encode("<reserved_103>", SpecialText.SENTENCEPIECE)).contains(marker);
        assertThat(tokenizer.encode("a</s>", SpecialText.OFFICIAL_CLASS)).endsWith(2);
        assertThat(tokenizer.encode("a</s>", SpecialText.SENTENCEPIECE)).doesNotContain(2);
        assertThat(tokenizer.encode("<p>\n5"))
                .contains(tokenizer.idOf("<p>"), tokenizer.idOf("\n"));
    }

    @Test
    void cuttingIntoChunksChangesNothing() throws IOException {
        for (String name : List.of("tiny-baichuan", "tiny-plain", "tiny-spaces")) {
            Tokenizer tokenizer = TestFiles.tiny(name);
            var tables = new BpeTables(tokenizer.model());
            long seed = 99;
            var random = new SplittableRandom(seed);
            for (int round = 0; round < 2_000; round++) {
                String text = words(random);
                var whole = new IntBuilder(16);
                byte[] normal = BpeTables.utf8(tokenizer.normalize(text));
                new Merger(tables).encode(normal, 0, normal.length, whole);
                assertThat(tokenizer.encode(text))
                        .as("%s seed %d round %d: %s", name, seed, round, text)
                        .isEqualTo(whole.toArray());
            }
        }
    }

    /// The time limit is no benchmark: work that grows with the square of the length would take
    /// hours.
    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS)
    void aMegabyteOfOneThingComesBackWhole() throws IOException {
        for (String name : List.of("tiny-baichuan", "tiny-plain", "tiny-spaces")) {
            Tokenizer tokenizer = TestFiles.tiny(name);
            for (String unit :
                    List.of("😀", "a", "th", "the", "中", " ", "的小", "<", "\n", "e\u0301")) {
                int few = 64;
                int many = (1 << 20) / BpeTables.utf8(unit).length / few;
                String part = tokenizer.decode(tokenizer.encode("x" + unit.repeat(few)));
                String whole = tokenizer.decode(tokenizer.encode("x" + unit.repeat(few * many)));
                // Without byte fallback a run of unknown characters is one unknown piece.
                boolean unknown = part.equals(tokenizer.decode(tokenizer.encode("x" + unit)));
                String expected = unknown ? part : "x" + part.substring(1).repeat(many);
                assertThat(whole.equals(expected)).as("%s, 1 MB of '%s'", name, unit).isTrue();
            }
        }
    }

    @Test
    void manyThreadsShareOneTokenizer() throws IOException {
        Tokenizer tokenizer = TestFiles.tiny("tiny-baichuan");
        List<String> texts = BpeTrainerTest.corpus();
        List<int[]> alone = texts.stream().map(tokenizer::encode).toList();
        IntStream.range(0, 4_000)
                .parallel()
                .forEach(i -> {
                    int k = i % texts.size();
                    assertThat(tokenizer.encode(texts.get(k))).isEqualTo(alone.get(k));
                });
    }

    private static String text(SplittableRandom random) {
        var out = new StringBuilder();
        for (int k = random.nextInt(0, 12); k > 0; k--) {
            out.append(STRETCHES.get(random.nextInt(STRETCHES.size())));
        }
        return out.toString();
    }

    /// Words of the training texts' letters, with repeats, so that merges happen and overlap.
    private static String words(SplittableRandom random) {
        String letters = "aehtsonirl   小的我们一个说是在里了";
        var out = new StringBuilder();
        for (int k = random.nextInt(1, 120); k > 0; k--) {
            out.append(letters.charAt(random.nextInt(letters.length())));
        }
        return out.toString();
    }
}
