package chuan.cli;

import java.util.List;
import java.util.function.BooleanSupplier;
import org.jline.reader.CompletingParsedLine;
import org.jline.reader.EOFError;
import org.jline.reader.ParsedLine;
import org.jline.reader.Parser;

/// What JLine needs to know of the input: it is one text, not words with quotes, and when Enter
/// does not end it yet.
final class ChatParser implements Parser {
    private final BooleanSupplier multi;

    ChatParser(BooleanSupplier multi) {
        this.multi = multi;
    }

    @Override
    public ParsedLine parse(String line, int cursor, ParseContext context) {
        if (context == ParseContext.ACCEPT_LINE && new ChatInput(multi.getAsBoolean()).goesOn(line))
            throw new EOFError(-1, -1, "more lines belong to it");
        return new Typed(line, cursor);
    }

    @Override
    public boolean isEscapeChar(char c) {
        return false;
    }

    /// The last word before the cursor is what completion completes.
    private record Typed(String line, int cursor) implements CompletingParsedLine {
        private int start() {
            return line.lastIndexOf(' ', Math.max(0, cursor - 1)) + 1;
        }

        @Override
        public String word() {
            return line.substring(Math.min(start(), cursor), cursor);
        }

        @Override
        public int wordCursor() {
            return word().length();
        }

        @Override
        public CharSequence escape(CharSequence candidate, boolean complete) {
            return candidate;
        }

        @Override
        public int rawWordCursor() {
            return wordCursor();
        }

        @Override
        public int rawWordLength() {
            return wordCursor();
        }

        @Override
        public int wordIndex() {
            return start() == 0 ? 0 : 1;
        }

        @Override
        public List<String> words() {
            return start() == 0 ? List.of(word()) : List.of(line.substring(0, start() - 1), word());
        }
    }
}
