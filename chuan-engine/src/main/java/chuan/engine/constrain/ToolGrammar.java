package chuan.engine.constrain;

import chuan.engine.tools.Tool;
import chuan.engine.tools.ToolTemplate;
import chuan.engine.tools.ToolUse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;

/// Answers that may, or must, call tools, in the format of [ToolTemplate].
final class ToolGrammar {
    private ToolGrammar() {}

    /// One call or more, behind the marker of the first one.
    static Expr calls(ToolUse use) {
        var ways = new ArrayList<Expr>();
        for (int i = 0; i < use.tools().size(); i++) {
            var tool = use.tools().get(i);
            if (use.callable().contains(tool.name())) ways.add(call(tool, i));
        }
        Expr call = Expr.alt(ways);
        if (!use.several()) return call;
        Expr more = Expr.seq(Expr.optional(Expr.text("\n")), marker(), call);
        return Expr.seq(call, Expr.repeat(more, 0, ToolUse.MOST_CALLS - 1));
    }

    /// Calls and nothing in front of them.
    static Expr marked(ToolUse use) {
        return Expr.seq(marker(), calls(use));
    }

    private static Expr marker() {
        return Expr.text(ToolTemplate.BEGIN);
    }

    /// Any text, and perhaps calls behind it.
    static Expr perhaps(ToolUse use) {
        return afterText(calls(use));
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
