package chuan.engine.constrain;

import chuan.tokenizer.Tokenizer;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The bytes that each token stands for, and all of them as tries. Immutable.
///
/// Not in it are tokens that are no text (control pieces, the unknown piece, markers such as
/// `<reserved_102>`) and those that spell what an earlier one spells: byte pieces of bytes that are
/// pieces, too.
final class TokenTrie {
    private final Tokenizer tokenizer;

    /// By token; null = not in the trie.
    private final byte[] @Nullable [] bytes;

    /// By token: it spells one byte rather than text, so its space is a space even at the start.
    private final boolean[] spellsByte;

    final ByteTrie all;

    /// Tokens that are allowed wherever any character of a JSON string is, a bit for each: nearly
    /// all of them.
    final long[] plain;

    /// The others: with quotes, backslashes, control characters or parts of characters.
    final ByteTrie special;

    /// Bytes of the longest token.
    final int longest;

    final int vocab;

    /// How a text of its own begins: the first space of its first token is not part of it.
    final boolean dropsLeadingSpace;

    /// Whether that holds as long as there is no text yet.
    final boolean removesExtraSpaces;

    TokenTrie(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
        vocab = tokenizer.vocabSize();
        dropsLeadingSpace = tokenizer.dropsLeadingSpace();
        removesExtraSpaces = tokenizer.removesExtraSpaces();
        bytes = new byte[vocab][];
        spellsByte = new boolean[vocab];
        var entries = new ArrayList<ByteTrie.Entry>();
        for (int id = 0; id < vocab; id++) {
            spellsByte[id] = tokenizer.byteOf(id) >= 0;
            byte[] text = bytes(tokenizer, id);
            if (text != null) entries.add(new ByteTrie.Entry(text, id));
        }
        // pieces before bytes, so that those win
        entries.sort((a, b) -> {
            int text = Arrays.compareUnsigned(a.text(), b.text());
            return text != 0 ? text : Boolean.compare(spellsByte[a.token()], spellsByte[b.token()]);
        });
        List<ByteTrie.Entry> kept = distinct(entries);
        for (var entry : kept) bytes[entry.token()] = entry.text();
        longest = kept.stream().mapToInt(e -> e.text().length).max().orElse(0);
        all = new ByteTrie(kept);
        plain = new long[(vocab + 63) >> 6];
        var others = new ArrayList<ByteTrie.Entry>();
        for (var entry : kept) {
            if (isPlain(entry.text())) plain[entry.token() >> 6] |= 1L << entry.token();
            else others.add(entry);
        }
        special = new ByteTrie(others);
    }

    private static byte @Nullable [] bytes(Tokenizer tokenizer, int id) {
        int value = tokenizer.byteOf(id);
        if (value >= 0) return new byte[] {(byte) value};
        String piece = tokenizer.piece(id);
        boolean text =
                switch (tokenizer.kind(id)) {
                    case NORMAL, UNUSED, BYTE -> true;
                    case USER_DEFINED -> !tokenizer.isMarker(id);
                    case CONTROL, UNKNOWN -> false;
                };
        byte[] utf8 = piece.replace('\u2581', ' ').getBytes(StandardCharsets.UTF_8);
        // the depth of a node is kept in a byte; no real piece is near it
        return text && utf8.length > 0 && utf8.length <= Byte.MAX_VALUE ? utf8 : null;
    }

    private static List<ByteTrie.Entry> distinct(List<ByteTrie.Entry> sorted) {
        var kept = new ArrayList<ByteTrie.Entry>();
        for (var entry : sorted)
            if (kept.isEmpty() || !Arrays.equals(kept.getLast().text(), entry.text()))
                kept.add(entry);
        return kept;
    }

    /// Whole characters that stand for themselves in JSON.
    private static boolean isPlain(byte[] text) {
        for (byte b : text) if ((b >= 0 && b < ' ') || b == '"' || b == '\\') return false;
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(text));
            return true;
        } catch (CharacterCodingException _) {
            return false;
        }
    }

    /// A text cut as the tokenizer cuts it, first spaces being spaces.
    ///
    /// @return no ids if the vocabulary cannot spell it to the letter
    int[] cut(byte[] utf8) {
        int[] ids = tokenizer.encodeExactly(new String(utf8, StandardCharsets.UTF_8));
        int at = 0;
        for (int id : ids) {
            byte[] text = bytes(id);
            if (text == null
                    || at + text.length > utf8.length
                    || Arrays.mismatch(text, 0, text.length, utf8, at, at + text.length) >= 0)
                return new int[0];
            at += text.length;
        }
        return at == utf8.length ? ids : new int[0];
    }

    /// Bytes of a token, 0 if it is not in the trie.
    int length(int id) {
        byte[] text = bytes(id);
        return text == null ? 0 : text.length;
    }

    /// What the token stands for; null = nothing that could be part of a text.
    byte @Nullable [] bytes(int id) {
        return id < 0 || id >= vocab ? null : bytes[id];
    }

    /// Whether the space that a token begins with vanishes at the start of a text.
    boolean beginsWithSpacePiece(int id) {
        byte[] text = bytes(id);
        return text != null && text[0] == ' ' && !spellsByte[id];
    }
}
