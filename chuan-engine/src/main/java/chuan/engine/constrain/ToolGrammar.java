package chuan.engine.constrain;

import chuan.engine.tools.Tool;
import chuan.engine.tools.ToolChoice;
import chuan.engine.tools.ToolTemplate;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/// Answers that may, or must, call tools, in the format of [ToolTemplate].
final class ToolGrammar {
    /// Calls in one answer at most.
    private static final int MOST_CALLS = 32;

    private ToolGrammar() {}

    static Expr of(List<Tool> tools, ToolChoice choice, boolean parallel) {
        check(tools, choice);
        var ways = new ArrayList<Expr>();
        for (int i = 0; i < tools.size(); i++) {
            var tool = tools.get(i);
            boolean other = choice instanceof ToolChoice.Named n && !n.name().equals(tool.name());
            if (!other) ways.add(call(tool, i));
        }
        Expr call = Expr.alt(ways);
        Expr marker = Expr.text(ToolTemplate.BEGIN);
        Expr more = Expr.seq(Expr.optional(Expr.text("\n")), marker, call);
        boolean several = parallel && !(choice instanceof ToolChoice.Named);
        Expr calls = several ? Expr.seq(call, Expr.repeat(more, 0, MOST_CALLS - 1)) : call;
        return switch (choice) {
            case ToolChoice.Auto _ -> afterText(calls);
            case ToolChoice.Required _, ToolChoice.Named _ -> Expr.seq(marker, calls);
            case ToolChoice.None _ -> throw error("tool_choice", "none needs no constraint");
        };
    }

    private static void check(List<Tool> tools, ToolChoice choice) {
        if (tools.isEmpty()) throw error("tools", "is empty: give at least one tool");
        var names = new HashSet<String>();
        for (int i = 0; i < tools.size(); i++)
            if (!names.add(tools.get(i).name()))
                throw error("tools[" + i + "].function.name", "is used twice: rename one of them");
        if (choice instanceof ToolChoice.Named named && !names.contains(named.name()))
            throw error(
                    "tool_choice.function.name",
                    "'" + named.name() + "' is not one of the tools: use one of " + names);
    }

    private static SchemaException error(String field, String problem) {
        return new SchemaException("invalid_tools", field, "", problem);
    }

    /// A call behind its marker.
    private static Expr call(Tool tool, int index) {
        var text = new JsonText(false);
        return Expr.seq(
                Expr.text("{\"name\":"),
                Expr.optional(Expr.text(" ")),
                Expr.text(JsonText.spell(tool.name())),
                text.comma(),
                Expr.text("\"arguments\":"),
                Expr.optional(Expr.text(" ")),
                arguments(tool, index, text),
                Expr.text("}"));
    }

    private static Expr arguments(Tool tool, int index, JsonText text) {
        if (tool.parameters().isBlank()) return Expr.seq(text.open("{"), text.close("}"));
        try {
            Expr made = SchemaCompiler.compileObject(Constraints.parse(tool.parameters()));
            Analysis.of(made);
            if (made.height <= Recognizer.DEEPEST) return made;
            throw new SchemaException(
                    "invalid_json_schema", "schema", "#", "no object satisfies it: correct it");
        } catch (SchemaException e) {
            // one odd tool must not make all others useless
            if (!tool.strict() && !e.malformed()) return text.object();
            throw e.in("tools[" + index + "].function.parameters");
        }
    }

    /// Any text without the marker, then perhaps marker and calls. At each byte it is known how
    /// much of the marker has been seen; only its first byte is a `<`, so what does not go on
    /// begins anew.
    private static Expr afterText(Expr calls) {
        byte[] marker = ToolTemplate.BEGIN.getBytes(StandardCharsets.US_ASCII);
        var places = new Expr.Late[marker.length];
        for (int i = 0; i < marker.length; i++) places[i] = new Expr.Late();
        for (int i = 0; i < marker.length; i++) {
            int wanted = marker[i];
            var others = new long[4];
            for (int b = 0; b < 256; b++) if (b != wanted && b != '<') others[b >> 6] |= 1L << b;
            var ways = new ArrayList<Expr>();
            ways.add(Expr.nothing());
            ways.add(Expr.seq(new Expr.Bytes(others), places[0]));
            if (wanted != '<') ways.add(Expr.seq(Expr.range('<', '<'), places[1]));
            Expr next = i + 1 < marker.length ? places[i + 1] : calls;
            ways.add(Expr.seq(Expr.range(wanted, wanted), next));
            places[i].target = Expr.alt(ways);
        }
        return places[0];
    }
}
