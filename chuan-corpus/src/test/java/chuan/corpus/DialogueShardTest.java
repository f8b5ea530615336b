package chuan.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import chuan.tokenizer.TokenShard;
import chuan.tokenizer.Tokenizer;
import chuan.tokenizer.TrainProgress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DialogueShardTest {
    private static final String DIALOGUES =
            """
            {"messages":[{"role":"user","content":"你好"},{"role":"assistant","content":"你好！"}]}
            {"messages":[{"role":"user","content":"1 + 1?"},{"role":"assistant","content":"2"},\
            {"role":"user","content":"thanks"},{"role":"assistant","content":"bye"}]}
            """;

    @TempDir Path folder;

    private Tokenizer tokenizer(int marks) throws IOException {
        Path yaml = folder.resolve("tokenizer.yaml");
        AtomicFile.write(
                folder.resolve("text.jsonl.gz"),
                "{\"text\":\"你好 thanks bye and 1 + 1 is 2 again and again\"}\n".repeat(20));
        Files.writeString(
                yaml,
                """
                texts: text.jsonl.gz
                output: tokenizer.model
                pieces: 300
                symbols: ["\\n", "！"]
                reserved: {first: 102, count: %d}
                """
                        .formatted(marks));
        Vocabulary.read(yaml, null, null).train(1, TrainProgress.silent());
        return Tokenizer.load(folder.resolve("tokenizer.model"));
    }

    @Test
    void turnsStandBehindTheirMarksAndDialoguesEnd() throws IOException {
        AtomicFile.write(folder.resolve("train.jsonl.gz"), DIALOGUES);
        Tokenizer tokenizer = tokenizer(2);
        int user = tokenizer.idOf("<reserved_102>");
        int assistant = tokenizer.idOf("<reserved_103>");
        assertThat(DialogueShard.pack(folder, tokenizer)).contains("2 dialogues");
        try (TokenShard shard = TokenShard.open(folder.resolve("train.tokens"))) {
            assertThat(shard.documents()).isEqualTo(2);
            assertThat(shard.textBytes()).isEqualTo(6 + 9 + 6 + 1 + 6 + 3);
            int[] ids = new int[(int) (shard.tokens() - shard.documentStart(1))];
            shard.copy(shard.documentStart(1), ids.length, ids, 0);
            assertThat(ids[ids.length - 1]).isEqualTo(tokenizer.eosId());
            int[] marks = Arrays.stream(ids).filter(id -> id == user || id == assistant).toArray();
            assertThat(marks).containsExactly(user, assistant, user, assistant);
            int second = 1 + indexOf(ids, assistant);
            assertThat(tokenizer.decode(Arrays.copyOfRange(ids, 1, second - 1)))
                    .isEqualTo("1 + 1?");
        }
    }

    private static int indexOf(int[] ids, int wanted) {
        int at = 0;
        while (ids[at] != wanted) {
            at++;
        }
        return at;
    }

    @Test
    void aTokenizerWithoutMarksIsRefused() throws IOException {
        AtomicFile.write(folder.resolve("train.jsonl.gz"), DIALOGUES);
        Tokenizer tokenizer = tokenizer(1);
        assertThatThrownBy(() -> DialogueShard.pack(folder, tokenizer))
                .isInstanceOf(CorpusException.class)
                .hasMessageContaining("<reserved_103>");
        assertThat(folder.resolve("train.tokens")).doesNotExist();
    }
}
