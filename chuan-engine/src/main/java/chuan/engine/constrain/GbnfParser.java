package chuan.engine.constrain;

import chuan.engine.constrain.Expr.Rule;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Reads llama.cpp's notation for grammars, GBNF: `name ::= …` with "text", [classes], (groups),
/// `|`, `* + ? {m,n}`, `.` and `# comments`. Rules may refer to each other and themselves, except
/// at their own beginning.
final class GbnfParser {
    private static final int DEEPEST = 100;
    private static final int MOST_TIMES = 1_000_000;

    private final String text;
    private int at;
    private int depth;
    private final Map<String, Rule> rules = new LinkedHashMap<>();
    private final Map<String, Integer> uses = new LinkedHashMap<>();

    private GbnfParser(String text) {
        this.text = text;
    }

    static Expr parse(String text) {
        return new GbnfParser(text).whole();
    }

    private Expr whole() {
        skip(true);
        while (at < text.length()) rule();
        for (var use : uses.entrySet()) {
            var rule = rules.get(use.getKey());
            at = use.getValue();
            if (rule == null || rule.body == null)
                throw error("the rule " + use.getKey() + " is not defined: define it");
        }
        var root = rules.get("root");
        if (root == null || root.body == null)
            throw error("there is no rule root: name the one to begin with so");
        Analysis.of(root);
        for (var rule : rules.values()) {
            if (leads(rule, rule, new HashSet<>()))
                throw error("the rule " + rule.name + " begins with itself: put a text in front");
        }
        return root;
    }

    /// Whether `part` may ask for `wanted` before any byte.
    private static boolean leads(Expr part, Rule wanted, Set<Expr> seen) {
        return switch (part) {
            case Expr.Bytes _, Expr.Literal _, Expr.Choice _, Expr.Machine _ ->
                    false; // there is no notation for the last two
            case Expr.Seq seq -> {
                for (Expr item : seq.items) {
                    if (leads(item, wanted, seen)) yield true;
                    if (!item.nullable) break;
                }
                yield false;
            }
            case Expr.Alt alt -> {
                for (Expr item : alt.items) if (leads(item, wanted, seen)) yield true;
                yield false;
            }
            case Expr.Repeat repeat -> leads(repeat.body, wanted, seen);
            case Expr.Late late -> leads(late.target(), wanted, seen);
            case Rule rule ->
                    (!seen.isEmpty() && rule.equals(wanted))
                            || (seen.add(rule) && leads(rule.body(), wanted, seen));
        };
    }

    private void rule() {
        String name = name();
        skip(false);
        if (!text.startsWith("::=", at)) throw error("expected ::= behind " + name);
        at += 3;
        skip(true);
        var rule = rules.computeIfAbsent(name, Rule::new);
        if (rule.body != null) throw error("the rule " + name + " is defined twice");
        rule.body = alternatives(false);
        if (at < text.length() && text.charAt(at) != '\n' && text.charAt(at) != '\r')
            throw error("expected the end of the line");
        skip(true);
    }

    private String name() {
        int from = at;
        while (at < text.length() && nameChar(text.charAt(at))) at++;
        if (at == from) throw error("expected the name of a rule");
        return text.substring(from, at);
    }

    private static boolean nameChar(char c) {
        return c < 128 && (Character.isLetterOrDigit(c) || c == '-' || c == '_');
    }

    private Expr alternatives(boolean nested) {
        if (++depth > DEEPEST) throw error("nested deeper than " + DEEPEST + " levels");
        var ways = new ArrayList<Expr>();
        ways.add(sequence(nested));
        while (peek() == '|') {
            at++;
            skip(true);
            ways.add(sequence(nested));
        }
        depth--;
        return Expr.alt(ways);
    }

    private Expr sequence(boolean nested) {
        List<Expr> items = new ArrayList<>();
        while (true) {
            int c = peek();
            boolean item = c == '"' || c == '[' || c == '(' || c == '.' || nameStart();
            if (!item) return Expr.seq(items.toArray(Expr[]::new));
            items.add(repeated(item(c), nested));
        }
    }

    private boolean nameStart() {
        return at < text.length() && nameChar(text.charAt(at));
    }

    private Expr item(int c) {
        return switch (c) {
            case '"' -> literal();
            case '[' -> set().utf8();
            case '.' -> {
                at++;
                yield CodePoints.ALL.utf8();
            }
            case '(' -> {
                at++;
                skip(true);
                Expr inside = alternatives(true);
                if (peek() != ')') throw error("a ( without its )");
                at++;
                yield inside;
            }
            default -> {
                int from = at;
                String name = name();
                uses.putIfAbsent(name, from);
                yield rules.computeIfAbsent(name, Rule::new);
            }
        };
    }

    private Expr repeated(Expr item, boolean nested) {
        Expr out = item;
        while (true) {
            skip(nested);
            switch (peek()) {
                case '*' -> out = Expr.repeat(out, 0, Expr.MANY);
                case '+' -> out = Expr.repeat(out, 1, Expr.MANY);
                case '?' -> out = Expr.optional(out);
                case '{' -> out = counted(out);
                default -> {
                    return out;
                }
            }
            at++;
        }
    }

    private Expr counted(Expr item) {
        int close = text.indexOf('}', at);
        String inside = close < 0 ? "" : text.substring(at + 1, close).replace(" ", "");
        if (!inside.matches("[0-9]{1,7}(,[0-9]{0,7})?")) throw error("expected {m}, {m,} or {m,n}");
        int comma = inside.indexOf(',');
        int min = Integer.parseInt(comma < 0 ? inside : inside.substring(0, comma));
        String upper = comma < 0 ? inside : inside.substring(comma + 1);
        int max = upper.isEmpty() ? Expr.MANY : Integer.parseInt(upper);
        if (max < min || min > MOST_TIMES || (max > MOST_TIMES && max != Expr.MANY))
            throw error("wrong numbers in {" + inside + "}");
        at = close;
        return Expr.repeat(item, min, max);
    }

    private Expr literal() {
        at++;
        var out = new StringBuilder();
        while (peek() != '"') out.appendCodePoint(character());
        at++;
        try {
            return Expr.text(out.toString());
        } catch (IllegalArgumentException e) {
            throw error(String.valueOf(e.getMessage()));
        }
    }

    private CodePoints set() {
        at++;
        boolean not = peek() == '^';
        if (not) at++;
        var all = CodePoints.of();
        while (peek() != ']') {
            int first = character();
            int last = first;
            if (peek() == '-' && at + 1 < text.length() && text.charAt(at + 1) != ']') {
                at++;
                last = character();
            }
            if (last < first) throw error("a range out of order");
            all = all.plus(CodePoints.of(first, last));
        }
        at++;
        return not ? all.complement() : all;
    }

    private int character() {
        int c = next();
        if (c != '\\') return c;
        int escaped = next();
        return switch (escaped) {
            case 'n' -> '\n';
            case 't' -> '\t';
            case 'r' -> '\r';
            case 'x' -> hex(2);
            case 'u' -> hex(4);
            case 'U' -> hex(8);
            case '"', '\\', '[', ']', '-', '^' -> escaped;
            default -> throw error("an unknown escape");
        };
    }

    private int hex(int digits) {
        String value = text.substring(at, Math.min(text.length(), at + digits));
        if (value.length() < digits || !value.matches("[0-9a-fA-F]+"))
            throw error("expected " + digits + " hexadecimal digits");
        at += digits;
        long code = Long.parseLong(value, 16);
        if (code > 0x10FFFF) throw error("a character beyond U+10FFFF");
        return (int) code;
    }

    private int peek() {
        return at < text.length() ? text.codePointAt(at) : -1;
    }

    private int next() {
        if (at >= text.length()) throw error("the grammar ends in the middle");
        int c = text.codePointAt(at);
        at += Character.charCount(c);
        return c;
    }

    /// Blanks and comments.
    private void skip(boolean lines) {
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == '#') {
                while (at < text.length() && text.charAt(at) != '\n') at++;
            } else if (c == ' ' || c == '\t' || (lines && (c == '\n' || c == '\r'))) {
                at++;
            } else {
                return;
            }
        }
    }

    private SchemaException error(String problem) {
        int line =
                1
                        + (int)
                                text.substring(0, Math.min(at, text.length()))
                                        .chars()
                                        .filter(c -> c == '\n')
                                        .count();
        return new SchemaException(
                "invalid_grammar", "grammar", "", "line " + line + ": " + problem);
    }
}
