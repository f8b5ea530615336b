package chuan.corpus;

import chuan.tokenizer.TokenShardWriter;
import chuan.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;

/// Dialogues as one more shard to pretrain on, so that a base model has seen the form of a chat and
/// the exercises before it is fine-tuned: each turn behind its mark, each dialogue closed by the
/// end token, every token learned. The order is that of the file, in which repeats lie apart.
public final class DialogueShard {
    private final Path dialogues;
    private final Path shard;
    private final Tokenizer tokenizer;

    private DialogueShard(Path dialogues, Path shard, Tokenizer tokenizer) {
        this.dialogues = dialogues;
        this.shard = shard;
        this.tokenizer = tokenizer;
    }

    /// Packs `train.jsonl.gz` of [Chats#prepare] into `train.tokens` beside it and says how much it
    /// is in one line.
    ///
    /// @param tokenizer has `<reserved_102>` and `<reserved_103>`, the marks of user and assistant
    /// @throws CorpusException in one line if it has not, or a file cannot be read or written
    public static String pack(Path folder, Tokenizer tokenizer) {
        var pack =
                new DialogueShard(
                        folder.resolve("train.jsonl.gz"),
                        folder.resolve("train.tokens"),
                        tokenizer);
        return pack.write(pack.mark("<reserved_102>"), pack.mark("<reserved_103>"));
    }

    private int mark(String piece) {
        int id = tokenizer.idOf(piece);
        if (id < 0) {
            throw new CorpusException(
                    "the tokenizer has no piece " + piece + " to open turns with");
        }
        return id;
    }

    private String write(int user, int assistant) {
        long[] sums = new long[2];
        try (var lines = new JsonLines(dialogues);
                var out = TokenShardWriter.create(shard, tokenizer)) {
            while (lines.hasNext()) {
                JsonNode dialogue = lines.next();
                IntStream.Builder ids = IntStream.builder();
                long bytes = 0;
                for (JsonNode message : dialogue.path("messages")) {
                    boolean asked = lines.text(message, "role").equals("user");
                    String text = lines.text(message, "content");
                    ids.add(asked ? user : assistant);
                    for (int id : tokenizer.encode(text)) {
                        ids.add(id);
                    }
                    bytes += Utf8.length(text);
                }
                ids.add(tokenizer.eosId());
                int[] document = ids.build().toArray();
                out.document(document);
                out.addTextBytes(bytes);
                sums[0]++;
                sums[1] += document.length;
            }
            out.finish();
        } catch (IOException e) {
            throw new CorpusException(shard + ": cannot be written: " + e.getMessage(), e);
        }
        return String.format(Locale.ROOT, "%s: %,d dialogues, %,d tokens", shard, sums[0], sums[1]);
    }
}
