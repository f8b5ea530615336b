package chuan.engine.tools;

import chuan.engine.tools.ToolDelta.Arguments;
import chuan.engine.tools.ToolDelta.Begin;
import chuan.engine.tools.ToolDelta.Content;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Tells calls from content in an answer that comes piece by piece. The pieces may be cut anywhere;
/// put together, what comes out is the same for every cut.
///
/// A call begins with [ToolTemplate#MARKER] at the beginning of a line, then, after any white
/// space, `{"name": "…", "arguments": {…}}`. What may still become one is held back. The name is
/// reported as soon as its string closes, arguments as they come, and unread: this looks for their
/// end only.
///
/// What begins like a call and is none (no JSON, or no tool of this name) is content. Once a name
/// has been reported the call stays; if it does not go on as one, its arguments end there, and the
/// rest is content. White space in front of a call, and at the end behind one, is left out.
///
/// Belongs to one answer and one thread.
public final class ToolCallParser {
    private static final String[] HEAD = {"{", "\"name\"", ":", "\""};
    private static final String[] REST = {",", "\"arguments\"", ":", "{"};
    private static final String[] TAIL = {"}"};

    private enum State {
        TEXT,
        HEAD,
        NAME,
        REST,
        ARGUMENTS,
        TAIL,
        /// Behind the last call that is allowed: nothing counts any more.
        OVER
    }

    private final Set<String> names;
    private final int mostCalls;
    private final StringBuilder held = new StringBuilder();
    private State state = State.TEXT;

    /// In TEXT: characters of the marker at the end of `held`.
    private int matched;

    /// In HEAD, REST, TAIL: which part is next, and how much of it was there.
    private int part;

    private int offset;
    private int nameStart;
    private int depth;
    private boolean inString;
    private boolean escaped;
    private int calls;

    private List<ToolDelta> out = new ArrayList<>();
    private final StringBuilder run = new StringBuilder();
    private boolean runIsContent;

    /// @param names of the tools that there are
    /// @param mostCalls what follows so many calls is left out
    public ToolCallParser(Set<String> names, int mostCalls) {
        this.names = Set.copyOf(names);
        this.mostCalls = mostCalls;
    }

    /// Calls that have begun so far.
    public int calls() {
        return calls;
    }

    /// Takes more of the answer.
    public List<ToolDelta> accept(String text) {
        for (int i = 0; i < text.length(); i++) take(text.charAt(i));
        return taken();
    }

    /// The answer has ended: gives out what was held back.
    public List<ToolDelta> finish() {
        switch (state) {
            case TEXT -> {
                if (calls == 0 || !held.toString().isBlank()) content(held);
            }
            case HEAD, NAME -> content(held);
            case REST, ARGUMENTS, TAIL, OVER -> {}
        }
        held.setLength(0);
        state = State.OVER;
        return taken();
    }

    private void take(char c) {
        switch (state) {
            case TEXT -> text(c);
            case HEAD -> {
                if (!matches(HEAD, c)) breakOff(c);
                else if (part == HEAD.length) {
                    state = State.NAME;
                    nameStart = held.length();
                }
            }
            case NAME -> name(c);
            case REST -> rest(c);
            case ARGUMENTS -> arguments(c);
            case TAIL -> {
                if (!matches(TAIL, c)) breakOff(c);
                else if (part == TAIL.length) endCall();
            }
            case OVER -> {}
        }
    }

    private void text(char c) {
        if (matched > 0 && c != ToolTemplate.MARKER.charAt(matched)) {
            matched = 0; // only its first character is a <, so nothing else may have begun
            content(held);
            held.setLength(0);
        }
        held.append(c);
        if (c == ToolTemplate.MARKER.charAt(matched)) {
            if (++matched == ToolTemplate.MARKER.length()) enter(State.HEAD);
        } else if (!isSpace(c)) {
            content(held);
            held.setLength(0);
        }
    }

    private void enter(State next) {
        state = next;
        part = 0;
        offset = 0;
        matched = 0;
    }

    /// Whether `c` continues the parts, with white space between them; it is held if so.
    private boolean matches(String[] parts, char c) {
        boolean space = offset == 0 && isSpace(c);
        if (!space && c != parts[part].charAt(offset)) return false;
        held.append(c);
        if (!space && ++offset == parts[part].length()) {
            part++;
            offset = 0;
        }
        return true;
    }

    private static boolean isSpace(char c) {
        return c == ' ' || c == '\n' || c == '\t' || c == '\r';
    }

    private void name(char c) {
        String soFar = held.substring(nameStart);
        if (c == '"' && names.contains(soFar)) {
            // content in front of the call has no blanks behind it
            held.setLength(0);
            flush();
            out.add(new Begin(calls++, soFar));
            enter(State.REST);
        } else if (c != '"' && names.stream().anyMatch(n -> n.startsWith(soFar + c))) {
            held.append(c);
        } else {
            breakOff(c);
        }
    }

    private void rest(char c) {
        if (part == 0 && c == '}') { // a tool without parameters needs no arguments
            append(false, "{}");
            held.setLength(0);
            endCall();
        } else if (!matches(REST, c)) {
            breakOff(c);
        } else if (part == REST.length) {
            held.setLength(0);
            append(false, "{");
            depth = 1;
            inString = false;
            escaped = false;
            state = State.ARGUMENTS;
        }
    }

    private void arguments(char c) {
        append(false, String.valueOf(c));
        if (escaped) escaped = false;
        else if (inString) {
            if (c == '\\') escaped = true;
            else if (c == '"') inString = false;
        } else {
            switch (c) {
                case '"' -> inString = true;
                case '{', '[' -> depth++;
                case '}', ']' -> depth--;
                default -> {}
            }
            if (depth == 0) enter(State.TAIL);
        }
    }

    private void endCall() {
        held.setLength(0);
        enter(calls >= mostCalls ? State.OVER : State.TEXT);
    }

    /// It is no call after all, or no longer: what was held is content, except white space at its
    /// end, and `c` is read as text.
    private void breakOff(char c) {
        boolean over = calls >= mostCalls;
        int end = held.length();
        while (end > 0 && isSpace(held.charAt(end - 1))) end--;
        if (!over) content(held.substring(0, end));
        held.delete(0, end);
        enter(over ? State.OVER : State.TEXT);
        take(c);
    }

    private void content(CharSequence text) {
        append(true, text);
    }

    private void append(boolean content, CharSequence text) {
        if (text.isEmpty()) return;
        if (content != runIsContent) flush();
        runIsContent = content;
        run.append(text);
    }

    private void flush() {
        if (run.isEmpty()) return;
        out.add(
                runIsContent
                        ? new Content(run.toString())
                        : new Arguments(calls - 1, run.toString()));
        run.setLength(0);
    }

    private List<ToolDelta> taken() {
        flush();
        var taken = out;
        out = new ArrayList<>();
        return taken;
    }
}
