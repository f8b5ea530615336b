package chuan.engine.tools;

import chuan.files.Json;
import chuan.files.MalformedFileException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Takes an answer apart while it arrives: text, and calls in the format of [ToolTemplate]. A name
/// is reported as soon as its string is closed, arguments as they come. What looks like a call but
/// is none is text. One thread at a time; one object per answer.
public final class ToolCallParser {
    private static final Pattern HEAD =
            Pattern.compile(
                    "\\s*\\{\\s*\"name\"\\s*:\\s*(\"(?:[^\"\\\\]|\\\\.)*\")(\\s*,\\s*\"arguments\"\\s*:\\s*)?");

    private enum Place {
        TEXT,
        HEAD,
        ARGUMENTS,
        TAIL
    }

    private final StringBuilder held = new StringBuilder();
    private Place place = Place.TEXT;
    private int calls;
    private boolean named;
    private int depth;
    private boolean quoted;
    private boolean escaped;

    /// What became certain with this text.
    public List<ToolCallEvent> accept(String text) {
        var out = new ArrayList<ToolCallEvent>();
        held.append(text);
        while (step(out)) {}
        return out;
    }

    /// The rest, when the answer is over.
    public List<ToolCallEvent> finish() {
        var out = new ArrayList<ToolCallEvent>();
        if (place == Place.TEXT) content(held.toString(), out);
        else if (place == Place.HEAD && !named) content(ToolTemplate.BEGIN + held, out);
        held.setLength(0);
        return out;
    }

    /// Calls that have begun.
    public int calls() {
        return calls;
    }

    /// @return whether there may be more to do
    private boolean step(List<ToolCallEvent> out) {
        return switch (place) {
            case TEXT -> text(out);
            case HEAD -> head(out);
            case ARGUMENTS -> arguments(out);
            case TAIL -> tail();
        };
    }

    private boolean text(List<ToolCallEvent> out) {
        int at = held.indexOf(ToolTemplate.BEGIN);
        if (at >= 0) {
            content(held.substring(0, at), out);
            held.delete(0, at + ToolTemplate.BEGIN.length());
            place = Place.HEAD;
            return true;
        }
        int keep = Math.min(held.length(), ToolTemplate.BEGIN.length() - 1);
        while (!ToolTemplate.BEGIN.startsWith(held.substring(held.length() - keep))) keep--;
        // line breaks between calls are no text; so they wait until it shows
        int end = held.length() - keep;
        if (calls > 0 && held.substring(0, end).isBlank()) return false;
        content(held.substring(0, end), out);
        held.delete(0, end);
        return false;
    }

    private void content(String text, List<ToolCallEvent> out) {
        if (text.isEmpty() || (calls > 0 && text.isBlank())) return;
        out.add(new ToolCallEvent.Content(text));
    }

    private boolean head(List<ToolCallEvent> out) {
        Matcher matcher = HEAD.matcher(held);
        if (!matcher.lookingAt()) {
            if (!matcher.hitEnd()) return noCall(out);
            return false;
        }
        if (!named) {
            named = true;
            out.add(new ToolCallEvent.Call(calls++, name(matcher.group(1))));
        }
        if (matcher.group(2) == null || matcher.end() == held.length()) return false;
        held.delete(0, matcher.end());
        place = Place.ARGUMENTS;
        return true;
    }

    private static String name(String quoted) {
        try {
            return Json.parse(Path.of("name"), quoted.getBytes(StandardCharsets.UTF_8))
                            instanceof Json.Str text
                    ? text.text()
                    : quoted;
        } catch (MalformedFileException _) {
            return quoted;
        }
    }

    private boolean noCall(List<ToolCallEvent> out) {
        content(ToolTemplate.BEGIN, out);
        place = Place.TEXT;
        return true;
    }

    private boolean arguments(List<ToolCallEvent> out) {
        int at = 0;
        boolean over = false;
        while (at < held.length() && !over) over = ends(held.charAt(at++));
        if (at > 0) out.add(new ToolCallEvent.Arguments(calls - 1, held.substring(0, at)));
        held.delete(0, at);
        if (over) place = Place.TAIL;
        return over;
    }

    /// Whether the object is closed by this character.
    private boolean ends(char c) {
        if (quoted) {
            if (escaped) escaped = false;
            else if (c == '\\') escaped = true;
            else if (c == '"') quoted = false;
            return false;
        }
        switch (c) {
            case '"' -> quoted = true;
            case '{', '[' -> depth++;
            case '}', ']' -> depth--;
            default -> {}
        }
        return depth == 0;
    }

    private boolean tail() {
        int at = held.indexOf(ToolTemplate.END);
        if (at < 0) return false;
        held.delete(0, at + ToolTemplate.END.length());
        place = Place.TEXT;
        named = false;
        return true;
    }
}
