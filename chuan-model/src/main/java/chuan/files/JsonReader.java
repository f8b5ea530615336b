package chuan.files;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;

/// A strict JSON reader (RFC 8259) for files from outside: text at most 16 MiB, at most 500,000
/// values, 64 levels deep, no duplicate names, no trailing text, valid UTF-8. The bounds keep what
/// a hostile header can make us allocate below 100 MB; the largest real ones are a tenth of them.
final class JsonReader {
    static final int LARGEST_TEXT = 16 << 20;
    private static final int DEEPEST = 64;
    private static final int MOST_VALUES = 500_000;

    private final Path file;
    private final byte[] text;
    private int at;
    private int values;

    JsonReader(Path file, byte[] text) {
        this.file = file;
        this.text = text;
        if (text.length > LARGEST_TEXT)
            throw MalformedFileException.of(file, text.length + " bytes of JSON are too much");
    }

    Json whole() {
        Json value = value(0);
        skipSpace();
        if (at < text.length) throw error("text after the end of the JSON value");
        return value;
    }

    private Json value(int depth) {
        if (depth > DEEPEST) throw error("JSON nested deeper than " + DEEPEST + " levels");
        if (++values > MOST_VALUES) throw error("more than " + MOST_VALUES + " JSON values");
        skipSpace();
        return switch (peek()) {
            case '{' -> object(depth);
            case '[' -> array(depth);
            case '"' -> new Json.Str(string());
            case 't' -> word("true", new Json.Bool(true));
            case 'f' -> word("false", new Json.Bool(false));
            case 'n' -> word("null", new Json.Null());
            default -> number();
        };
    }

    private Json object(int depth) {
        at++;
        var fields = new LinkedHashMap<String, Json>();
        skipSpace();
        if (peek() == '}') {
            at++;
            return new Json.Obj(fields);
        }
        while (true) {
            skipSpace();
            if (peek() != '"') throw error("expected a name in quotes");
            int nameAt = at;
            String name = string();
            skipSpace();
            if (peek() != ':') throw error("expected a colon");
            at++;
            if (fields.put(name, value(depth + 1)) != null)
                throw MalformedFileException.atByte(
                        file, nameAt, "the name \"" + name + "\" appears twice");
            if (endOrComma('}')) return new Json.Obj(fields);
        }
    }

    private Json array(int depth) {
        at++;
        var items = new ArrayList<Json>();
        skipSpace();
        if (peek() == ']') {
            at++;
            return new Json.Arr(items);
        }
        while (true) {
            items.add(value(depth + 1));
            if (endOrComma(']')) return new Json.Arr(items);
        }
    }

    private boolean endOrComma(char end) {
        skipSpace();
        int c = peek();
        if (c != end && c != ',') throw error("expected a comma or '" + end + "'");
        at++;
        return c == end;
    }

    private Json word(String word, Json value) {
        for (int i = 0; i < word.length(); i++, at++)
            if (peek() != word.charAt(i)) throw error("expected " + word);
        return value;
    }

    private Json number() {
        int from = at;
        if (peek() == '-') at++;
        if (peek() == '0') at++;
        else digits();
        if (peek() == '.') {
            at++;
            digits();
        }
        if (peek() == 'e' || peek() == 'E') {
            at++;
            if (peek() == '+' || peek() == '-') at++;
            digits();
        }
        if (at - from > 400) throw error("a number of " + (at - from) + " digits");
        return new Json.Num(new String(text, from, at - from, StandardCharsets.US_ASCII));
    }

    private void digits() {
        int from = at;
        while (peek() >= '0' && peek() <= '9') at++;
        if (at == from) throw error("expected a JSON value");
    }

    private String string() {
        int from = ++at;
        while (peek() != '"' && peek() != '\\') plain();
        if (peek() == '"') return utf8(from, at++);
        var out = new StringBuilder(utf8(from, at));
        while (true) {
            from = at;
            while (peek() != '"' && peek() != '\\') plain();
            out.append(utf8(from, at));
            if (text[at++] == '"') return out.toString();
            out.append(escape());
        }
    }

    private void plain() {
        int c = peek();
        if (c < 0) throw error("the text ends inside a string");
        if (c < ' ') throw error("a control character inside a string");
        at++;
    }

    private char escape() {
        int c = peek();
        at++;
        return switch (c) {
            case '"', '\\', '/' -> (char) c;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> {
                int code = 0;
                for (int i = 0; i < 4; i++, at++) {
                    int digit = peek() < 0 ? -1 : Character.digit(peek(), 16);
                    if (digit < 0) throw error("expected four hexadecimal digits");
                    code = code << 4 | digit;
                }
                yield (char) code;
            }
            default -> throw error("an unknown escape");
        };
    }

    private String utf8(int from, int to) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(text, from, to - from))
                    .toString();
        } catch (CharacterCodingException _) {
            throw MalformedFileException.atByte(file, from, "a string that is not valid UTF-8");
        }
    }

    private void skipSpace() {
        while (at < text.length
                && (text[at] == ' ' || text[at] == '\n' || text[at] == '\r' || text[at] == '\t'))
            at++;
    }

    /// The byte at the cursor, -1 at the end.
    private int peek() {
        return at < text.length ? text[at] & 0xff : -1;
    }

    private MalformedFileException error(String problem) {
        return MalformedFileException.atByte(
                file, at, at >= text.length ? problem + ", but the text ends" : problem);
    }
}
