package chuan.files;

import java.util.Iterator;

/// Writes [Json] as ASCII text.
final class JsonWriter {
    private final StringBuilder out = new StringBuilder();
    private final boolean pretty;

    private JsonWriter(boolean pretty) {
        this.pretty = pretty;
    }

    static String write(Json value, boolean pretty) {
        var writer = new JsonWriter(pretty);
        writer.value(value, 0);
        if (pretty) writer.out.append('\n');
        return writer.out.toString();
    }

    private void value(Json value, int depth) {
        switch (value) {
            case Json.Obj(var fields) -> {
                out.append('{');
                for (var it = fields.entrySet().iterator(); it.hasNext(); ) {
                    var field = it.next();
                    newLine(depth + 1);
                    string(field.getKey());
                    out.append(pretty ? ": " : ":");
                    value(field.getValue(), depth + 1);
                    separate(it, depth);
                }
                out.append('}');
            }
            case Json.Arr(var items) -> {
                out.append('[');
                for (var it = items.iterator(); it.hasNext(); ) {
                    newLine(depth + 1);
                    value(it.next(), depth + 1);
                    separate(it, depth);
                }
                out.append(']');
            }
            case Json.Str(var text) -> string(text);
            case Json.Num(var literal) -> out.append(literal);
            case Json.Bool(var flag) -> out.append(flag);
            case Json.Null() -> out.append("null");
        }
    }

    private void separate(Iterator<?> rest, int depth) {
        if (rest.hasNext()) out.append(',');
        else newLine(depth);
    }

    private void newLine(int depth) {
        if (pretty) out.append('\n').repeat("  ", depth);
    }

    private void string(String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') out.append('\\').append(c);
            else if (c < ' ' || c > '~') out.append(String.format("\\u%04x", (int) c));
            else out.append(c);
        }
        out.append('"');
    }
}
