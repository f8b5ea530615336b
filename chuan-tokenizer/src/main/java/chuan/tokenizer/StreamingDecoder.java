package chuan.tokenizer;

import java.nio.charset.StandardCharsets;

/// Turns ids into text while they arrive, holding back the bytes of an unfinished character. The
/// parts put together equal [Tokenizer#decode] of all ids, and each is valid Unicode by itself. One
/// thread at a time; one object per text.
public final class StreamingDecoder {
    private final Tokenizer tokenizer;
    private final ByteBuilder pending = new ByteBuilder(16);
    private boolean atStart = true;
    private boolean prefixSeen;
    private boolean anyText;

    StreamingDecoder(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /// The text that became certain by this id, often empty.
    ///
    /// @throws IllegalArgumentException if the vocabulary has no such id
    public String accept(int id) {
        var out = new StringBuilder();
        accept(id, out);
        return out.toString();
    }

    /// The rest: bytes of a character that never got finished, as U+FFFD each.
    public String finish() {
        var out = new StringBuilder();
        flush(out);
        return out.toString();
    }

    void accept(int id, StringBuilder out) {
        int value = tokenizer.byteOf(id);
        if (value >= 0) {
            pending.add(value);
            drain(out, false);
            return;
        }
        flush(out);
        if (prefixSeen || anyText) {
            atStart = false;
        }
        prefixSeen = false;
        int before = out.length();
        appendPiece(id, out);
        anyText |= out.length() > before;
    }

    void flush(StringBuilder out) {
        drain(out, true);
    }

    private void appendPiece(int id, StringBuilder out) {
        switch (tokenizer.kind(id)) {
            case CONTROL -> {}
            case UNKNOWN -> out.append(tokenizer.unknownSurface());
            case NORMAL, USER_DEFINED, UNUSED, BYTE -> {
                String piece = tokenizer.piece(id);
                int from = 0;
                if (atStart && tokenizer.dropsLeadingSpace() && piece.startsWith("\u2581")) {
                    from = 1;
                    // a model that removes extra spaces drops all leading ones, not only the first
                    prefixSeen = !tokenizer.removesExtraSpaces();
                }
                out.append(piece.replace('\u2581', ' '), from, piece.length());
            }
        }
    }

    /// Moves finished characters from `pending` to `out`; at the end also what can never finish.
    private void drain(StringBuilder out, boolean end) {
        int at = 0;
        while (at < pending.size) {
            int decoded = Utf8.decode(pending.data, at, pending.size);
            if (decoded >= 0) {
                int length = decoded & 7;
                out.append(new String(pending.data, at, length, StandardCharsets.UTF_8));
                at += length;
            } else if (decoded == -2 && !end) {
                break;
            } else {
                out.append((char) Utf8.REPLACEMENT);
                at++;
            }
            anyText = true;
        }
        System.arraycopy(pending.data, at, pending.data, 0, pending.size - at);
        pending.size -= at;
    }
}
