package chuan.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenShardTest {
    @TempDir Path folder;

    @ParameterizedTest
    @ValueSource(ints = {300, 65_536, 65_537, 125_696})
    void readsBackEveryTokenAndDocument(int vocabulary) throws IOException {
        long seed = 20251125L + vocabulary;
        var random = new SplittableRandom(seed);
        List<int[]> documents = new ArrayList<>();
        for (int d = 0; d < 700; d++) {
            documents.add(random.ints(random.nextInt(0, 90), 0, vocabulary).toArray());
        }
        documents.add(new int[] {vocabulary - 1});
        Path file = write(vocabulary, documents);
        try (TokenShard shard = TokenShard.open(file)) {
            assertThat(shard.documents()).isEqualTo(documents.size());
            assertThat(shard.vocabularySize()).isEqualTo(vocabulary);
            assertThat(shard.fingerprint()).isEqualTo(42);
            long at = 0;
            for (int d = 0; d < documents.size(); d++) {
                int[] document = documents.get(d);
                assertThat(shard.documentStart(d)).as("seed %d", seed).isEqualTo(at);
                int[] copy = new int[document.length];
                shard.copy(at, copy.length, copy, 0);
                assertThat(copy).isEqualTo(document);
                if (document.length > 0) {
                    assertThat(shard.documentAt(at)).isEqualTo(d);
                    assertThat(shard.documentAt(at + document.length - 1)).isEqualTo(d);
                }
                at += document.length;
            }
            assertThat(shard.tokens()).isEqualTo(at);
        }
    }

    @Test
    void windowNumbersItsDocuments() throws IOException {
        Path file =
                write(
                        10,
                        List.of(new int[] {1, 2, 3}, new int[0], new int[] {4}, new int[] {5, 6}));
        try (TokenShard shard = TokenShard.open(file)) {
            int[] ids = new int[4];
            int[] numbers = new int[4];
            shard.window(1, ids, numbers);
            assertThat(ids).containsExactly(2, 3, 4, 5);
            assertThat(numbers).containsExactly(0, 0, 1, 2);
        }
    }

    @Test
    void anUnfinishedShardLeavesNothingBehind() throws IOException {
        Path file = folder.resolve("a.tokens");
        try (var writer = TokenShardWriter.create(file, 10, 0)) {
            writer.document(1, 2);
            assertThatThrownBy(() -> writer.document(10)).hasMessageContaining("id 10");
        }
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void damagedShardsAreRefusedWithFileAndOffset() throws IOException {
        Path file = write(10, List.of(new int[] {1, 2, 3}, new int[] {4}));
        byte[] whole = Files.readAllBytes(file);
        assertRefused(new byte[0], "offset 0: not a token shard");
        assertRefused(java.util.Arrays.copyOf(whole, whole.length - 1), "cut off?");
        byte[] hugeCount = whole.clone();
        hugeCount[39] = 0x10; // 2^60 tokens
        assertRefused(hugeCount, "offset 32: ");
        byte[] disorder = whole.clone();
        disorder[whole.length - 16] = 9;
        assertRefused(disorder, "starts at token 9 out of order");
    }

    @Test
    void randomDamageNeverDoesMoreThanRefuse() throws IOException {
        byte[] whole = Files.readAllBytes(write(10, List.of(new int[] {1, 2, 3}, new int[] {4})));
        long seed = 7;
        var random = new SplittableRandom(seed);
        Path file = folder.resolve("fuzz");
        for (int round = 0; round < 500; round++) {
            byte[] data = whole.clone();
            for (int k = random.nextInt(1, 4); k > 0; k--) {
                data[random.nextInt(data.length)] = (byte) random.nextInt();
            }
            Files.write(file, data);
            try (TokenShard shard = TokenShard.open(file)) {
                for (long i = 0; i < shard.tokens(); i++) {
                    shard.token(i);
                    shard.documentAt(i);
                }
            } catch (MalformedTokenizerException e) {
                assertThat(e).as("seed %d round %d", seed, round).hasMessageContaining("offset");
            }
        }
    }

    private void assertRefused(byte[] data, String message) throws IOException {
        Path file = folder.resolve("broken");
        Files.write(file, data);
        assertThatThrownBy(() -> TokenShard.open(file))
                .isInstanceOf(MalformedTokenizerException.class)
                .hasMessageStartingWith(file.toString())
                .hasMessageContaining(message);
    }

    private Path write(int vocabulary, List<int[]> documents) throws IOException {
        Path file = folder.resolve("some.tokens");
        try (var writer = TokenShardWriter.create(file, vocabulary, 42)) {
            for (int[] document : documents) {
                writer.document(document);
            }
            writer.finish();
        }
        return file;
    }
}
