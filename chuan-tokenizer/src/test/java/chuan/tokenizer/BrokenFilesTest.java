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
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BrokenFilesTest {
    @TempDir Path folder;

    @Test
    void anEmptyOrMissingFileIsNamed() throws IOException {
        assertRefused(new byte[0], "tokenizer.model: offset 0: the file is empty");
        Files.delete(folder.resolve("tokenizer.model"));
        assertThatThrownBy(() -> Tokenizer.loadFolder(folder))
                .isInstanceOf(MalformedTokenizerException.class)
                .hasMessageEndingWith("no tokenizer.model and no .gguf file in the folder");
        assertThatThrownBy(() -> Tokenizer.loadFolder(folder.resolve("nowhere")))
                .hasMessageEndingWith("no such folder");
    }

    @Test
    void everyCutIsRefusedOrReadsAsAShorterModel() throws IOException {
        byte[] whole = Files.readAllBytes(TestFiles.golden("tiny-plain.model"));
        for (int length = 0; length < whole.length; length += 7) {
            try {
                SentencePieceFile.parse("cut", Arrays.copyOf(whole, length));
            } catch (MalformedTokenizerException e) {
                assertThat(e).hasMessageStartingWith("cut: offset ");
            }
        }
    }

    @Test
    void whatIsWrongIsSaid() throws IOException {
        assertRefused(BpeTables.utf8("no model at all"), "offset ");
        assertRefused(new byte[] {0x0A, (byte) 0xFF, (byte) 0xFF, 0x7F}, "runs past the end");
        SentencePieceModel model = TestFiles.tiny("tiny-plain").model();
        var twice = new java.util.ArrayList<>(model.pieces());
        twice.add(twice.getLast());
        assertRefused(SentencePieceFile.toBytes(with(model, twice)), "is defined twice");
        assertRefused(
                SentencePieceFile.toBytes(with(model, model.pieces().subList(1, 50))),
                "no unknown piece");
        byte[] unigram = SentencePieceFile.toBytes(model);
        unigram[indexOf(unigram, new byte[] {0x18, 0x02, 0x20}) + 1] = 1;
        assertRefused(unigram, "only BPE is supported");
    }

    @ParameterizedTest
    @ValueSource(strings = {"tiny-plain", "tiny-baichuan"})
    @Timeout(value = 120, unit = TimeUnit.SECONDS)
    void aDamagedModelIsRefusedOrWorks(String name) throws IOException {
        byte[] whole = Files.readAllBytes(TestFiles.golden(name + ".model"));
        long seed = 4711;
        var random = new SplittableRandom(seed);
        long stop = System.nanoTime() + 3_000_000_000L;
        int refused = 0;
        int rounds = 0;
        for (; rounds < 4_000 && System.nanoTime() < stop; rounds++) {
            byte[] data = mutate(whole, random);
            try {
                Tokenizer tokenizer = Tokenizer.of(SentencePieceFile.parse("fuzz", data));
                int[] ids = tokenizer.encode("Hello 你好１２ <p>①é e\u0301 ﷺ 的小");
                tokenizer.decode(ids);
                tokenizer.encode("aa bb", SpecialText.OFFICIAL_CLASS);
            } catch (MalformedTokenizerException e) {
                assertThat(e).as("seed %d round %d", seed, rounds).hasMessageContaining("offset");
                refused++;
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + " round " + rounds, e);
            }
        }
        System.out.println(name + ": seed " + seed + ", refused " + refused + " of " + rounds);
    }

    @Test
    @Timeout(value = 120, unit = TimeUnit.SECONDS)
    void aDamagedGgufIsRefusedOrWorks() throws IOException {
        byte[] whole = gguf(TestFiles.tiny("tiny-plain").model());
        Map<String, Object> read =
                GgufMetadata.parse("whole", ByteBuffer.wrap(whole), "tokenizer.ggml.");
        assertThat(GgufVocabulary.parse("whole", read).pieces())
                .isEqualTo(TestFiles.tiny("tiny-plain").model().pieces());
        long seed = 4712;
        var random = new SplittableRandom(seed);
        long stop = System.nanoTime() + 3_000_000_000L;
        int refused = 0;
        int rounds = 0;
        for (; rounds < 4_000 && System.nanoTime() < stop; rounds++) {
            byte[] data = mutate(whole, random);
            try {
                var metadata = GgufMetadata.parse("fuzz", ByteBuffer.wrap(data), "tokenizer.ggml.");
                Tokenizer tokenizer = Tokenizer.of(GgufVocabulary.parse("fuzz", metadata));
                tokenizer.decode(tokenizer.encode("Hello 你好"));
            } catch (MalformedTokenizerException e) {
                assertThat(e).as("seed %d round %d", seed, rounds).hasMessageContaining("offset");
                refused++;
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + " round " + rounds, e);
            }
        }
        System.out.println("gguf: seed " + seed + ", refused " + refused + " of " + rounds);
    }

    @Test
    void hostileLengthsAllocateNothing() {
        ByteBuffer head = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
        head.putInt(0x46554747).putInt(3).putLong(0).putLong(-1L).putLong(1L << 60);
        assertThatThrownBy(() -> GgufMetadata.parse("bomb", head.rewind(), ""))
                .isInstanceOf(MalformedTokenizerException.class)
                .hasMessageContaining("length 1152921504606846976 runs past the end");
    }

    private void assertRefused(byte[] data, String message) throws IOException {
        Path file = folder.resolve("tokenizer.model");
        Files.write(file, data);
        assertThatThrownBy(() -> Tokenizer.loadFolder(folder))
                .isInstanceOf(MalformedTokenizerException.class)
                .hasMessageStartingWith(file.toString())
                .hasMessageContaining(message)
                .hasMessageNotContaining("\n");
    }

    private static SentencePieceModel with(
            SentencePieceModel model, List<SentencePieceModel.Piece> pieces) {
        return new SentencePieceModel(
                model.origin(),
                pieces,
                model.normalizer(),
                model.byteFallback(),
                model.spaceIsSuffix(),
                model.unknownSurface(),
                model.training());
    }

    private static byte[] mutate(byte[] whole, SplittableRandom random) {
        byte[] data = whole.clone();
        for (int k = random.nextInt(1, 6); k > 0; k--) {
            int at = random.nextInt(data.length);
            switch (random.nextInt(4)) {
                case 0 -> data[at] = (byte) random.nextInt();
                case 1 -> data[at] ^= (byte) (1 << random.nextInt(8));
                case 2 -> data = Arrays.copyOf(data, Math.max(1, at));
                default -> Arrays.fill(data, at, Math.min(data.length, at + 8), (byte) -1);
            }
        }
        return data;
    }

    private static int indexOf(byte[] data, byte[] part) {
        for (int i = 0; i + part.length <= data.length; i++) {
            if (Arrays.equals(data, i, i + part.length, part, 0, part.length)) {
                return i;
            }
        }
        throw new AssertionError("not found");
    }

    /// A GGUF file that holds nothing but a vocabulary, and one key that is to be skipped.
    private static byte[] gguf(SentencePieceModel model) {
        ByteBuffer out = ByteBuffer.allocate(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(0x46554747).putInt(3).putLong(0).putLong(5);
        string(out, "general.tags");
        out.putInt(9).putInt(8).putLong(1);
        string(out, "test");
        string(out, "tokenizer.ggml.model");
        out.putInt(8);
        string(out, "llama");
        int count = model.pieces().size();
        string(out, "tokenizer.ggml.tokens");
        out.putInt(9).putInt(8).putLong(count);
        model.pieces().forEach(piece -> string(out, piece.text()));
        string(out, "tokenizer.ggml.scores");
        out.putInt(9).putInt(6).putLong(count);
        model.pieces().forEach(piece -> out.putFloat(piece.score()));
        string(out, "tokenizer.ggml.token_type");
        out.putInt(9).putInt(5).putLong(count);
        model.pieces().forEach(piece -> out.putInt(piece.kind().number()));
        return Arrays.copyOf(out.array(), out.position());
    }

    private static void string(ByteBuffer out, String text) {
        byte[] bytes = BpeTables.utf8(text);
        out.putLong(bytes.length).put(bytes);
    }
}
