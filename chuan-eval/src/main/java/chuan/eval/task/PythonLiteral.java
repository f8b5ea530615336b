package chuan.eval.task;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;

/// Texts, numbers, lists and dictionaries as Python writes them. AGIEval keeps its examples so.
final class PythonLiteral {
    private static final JsonNodeFactory NODES = JsonMapper.builder().build().getNodeFactory();

    private final String place;
    private final String text;
    private int at;

    private PythonLiteral(String place, String text) {
        this.place = place;
        this.text = text;
    }

    /// As `ast.literal_eval`, for what data can be.
    ///
    /// @param place named in errors
    static JsonNode parse(String place, String text) {
        var parser = new PythonLiteral(place, text);
        parser.space();
        var value = parser.value();
        parser.space();
        if (parser.at < text.length()) throw parser.wrong("something follows");
        return value;
    }

    /// `str(value)`, for texts and lists of texts.
    static String print(JsonNode value) {
        if (!value.isArray()) return value.asString();
        var list = new StringBuilder("[");
        for (int i = 0; i < value.size(); i++)
            list.append(i > 0 ? ", " : "").append(quoted(value.get(i).asString()));
        return list.append("]").toString();
    }

    private static String quoted(String text) {
        String escaped = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t");
        if (text.contains("'") && !text.contains("\"")) return "\"" + escaped + "\"";
        return "'" + escaped.replace("'", "\\'") + "'";
    }

    private TaskException wrong(String why) {
        return new TaskException(
                place + ": character " + (at + 1) + " of the cell: " + why + "; copy it again");
    }

    private void space() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) at++;
    }

    private char peek() {
        if (at >= text.length()) throw wrong("it ends too early");
        return text.charAt(at);
    }

    private boolean take(char c) {
        space();
        if (at < text.length() && text.charAt(at) == c) {
            at++;
            return true;
        }
        return false;
    }

    private void expect(char c) {
        if (!take(c)) throw wrong("\"" + c + "\" is missing");
    }

    private JsonNode value() {
        return switch (peek()) {
            case '{' -> dictionary();
            case '[' -> list('[', ']');
            case '(' -> list('(', ')');
            case '\'', '"' -> NODES.stringNode(strings());
            default -> word();
        };
    }

    private JsonNode dictionary() {
        var node = NODES.objectNode();
        expect('{');
        while (!take('}')) {
            space();
            String name = strings();
            expect(':');
            space();
            node.set(name, value());
            if (!take(',')) {
                expect('}');
                break;
            }
        }
        return node;
    }

    private JsonNode list(char open, char close) {
        var node = NODES.arrayNode();
        expect(open);
        while (!take(close)) {
            space();
            node.add(value());
            if (!take(',')) {
                expect(close);
                break;
            }
        }
        return node;
    }

    private JsonNode word() {
        int start = at;
        while (at < text.length() && ",]}): \n".indexOf(text.charAt(at)) < 0) at++;
        String word = text.substring(start, at);
        if (word.equals("None")) return NODES.nullNode();
        if (word.equals("True")) return NODES.booleanNode(true);
        if (word.equals("False")) return NODES.booleanNode(false);
        if (word.matches("[+-]?[0-9]{1,18}")) return NODES.numberNode(Long.parseLong(word));
        if (word.matches("[+-]?[0-9]*\\.?[0-9]+([eE][+-]?[0-9]+)?"))
            return NODES.numberNode(Double.parseDouble(word));
        at = start;
        throw wrong("\"" + word + "\" is no value");
    }

    /// One text, or several that stand beside each other.
    private String strings() {
        var joined = new StringBuilder();
        do {
            string(joined);
            space();
        } while (at < text.length() && (text.charAt(at) == '\'' || text.charAt(at) == '"'));
        return joined.toString();
    }

    private void string(StringBuilder out) {
        char quote = peek();
        if (quote != '\'' && quote != '"') throw wrong("a text is missing");
        at++;
        while (peek() != quote) {
            char c = text.charAt(at++);
            if (c == '\\') escape(out);
            else out.append(c);
        }
        at++;
    }

    private void escape(StringBuilder out) {
        char c = peek();
        at++;
        switch (c) {
            case 'n' -> out.append('\n');
            case 't' -> out.append('\t');
            case 'r' -> out.append('\r');
            case 'b' -> out.append('\b');
            case 'f' -> out.append('\f');
            case 'a' -> out.append('\u0007');
            case 'v' -> out.append('\u000b');
            case '\n' -> {}
            case '\\', '\'', '"' -> out.append(c);
            case 'x' -> out.append((char) code(2));
            case 'u' -> out.append((char) code(4));
            case 'U' -> out.appendCodePoint(code(8));
            default -> out.append('\\').append(c);
        }
    }

    private int code(int digits) {
        if (at + digits > text.length()) throw wrong("it ends too early");
        String hex = text.substring(at, at + digits);
        if (!hex.matches("[0-9a-fA-F]+") || Long.parseLong(hex, 16) > Character.MAX_CODE_POINT)
            throw wrong("\"" + hex + "\" is no character");
        at += digits;
        return Integer.parseInt(hex, 16);
    }
}
