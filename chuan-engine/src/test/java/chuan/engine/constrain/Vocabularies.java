package chuan.engine.constrain;

import chuan.engine.Constraint;
import chuan.tokenizer.PieceKind;
import chuan.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/// Vocabularies of tests, and texts cut into their tokens without the help of the code under test.
final class Vocabularies {
    private static final Path ROOT = Path.of(System.getProperty("chuan.root", ".."));

    /// The one that is shipped: 8,192 pieces.
    static final Tokenizer SHIPPED = load(ROOT.resolve("models/chuan-10m-chat"));

    private Vocabularies() {}

    static Path root() {
        return ROOT;
    }

    private static Tokenizer load(Path folder) {
        try {
            return Tokenizer.loadFolder(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Whether the text is allowed to its end and may end there; one byte at a time.
    static boolean accepts(Constraint constraint, Tokenizer tokenizer, String text) {
        int state = constraint.start();
        for (int id : split(tokenizer, text, null)) {
            state = constraint.advance(state, id);
            if (state < 0) return false;
        }
        return constraint.accepting(state);
    }

    /// A text as ids that decode to it: pieces of random length if there is a generator, else
    /// bytes.
    static int[] split(Tokenizer tokenizer, String text, @Nullable SplittableRandom random) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        List<Integer> ids = new ArrayList<>();
        int space = tokenizer.idOf("\u2581");
        if (random == null || random.nextBoolean()) ids.add(space);
        else if (text.startsWith(" ")) ids.add(space);
        int at = 0;
        while (at < utf8.length) {
            int end = at;
            int id = -1;
            if (random != null && random.nextInt(4) > 0) {
                end = Math.min(utf8.length, at + 1 + random.nextInt(9));
                id = piece(tokenizer, utf8, at, end);
            }
            if (id < 0) {
                end = at + 1;
                id = piece(tokenizer, utf8, at, end);
                if (id < 0) id = tokenizer.idOf("<0x%02X>".formatted(utf8[at] & 0xff));
            }
            if (at == 0 && ids.isEmpty() && tokenizer.piece(id).startsWith("\u2581")) {
                ids.add(space);
            }
            ids.add(id);
            at = end;
        }
        return ids.stream().mapToInt(i -> i).toArray();
    }

    private static int piece(Tokenizer tokenizer, byte[] utf8, int from, int to) {
        String text = new String(utf8, from, to - from, StandardCharsets.UTF_8);
        if (text.contains("\uFFFD")) return -1;
        int id = tokenizer.idOf(text.replace(' ', '\u2581'));
        return id >= 0 && isText(tokenizer.kind(id)) ? id : -1;
    }

    private static boolean isText(PieceKind kind) {
        return kind == PieceKind.NORMAL || kind == PieceKind.USER_DEFINED;
    }
}
