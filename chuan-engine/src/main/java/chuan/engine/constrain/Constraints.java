package chuan.engine.constrain;

import chuan.engine.Constraint;
import chuan.engine.tools.ToolUse;
import chuan.files.Json;
import chuan.files.MalformedFileException;
import chuan.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/// Makes constraints for the answers of one vocabulary, and keeps the last 64 of them with all that
/// was learned about their masks.
///
/// Any number of threads may use it; a constraint is compiled on the caller's. What cannot be
/// followed exactly is refused with a [SchemaException], never ignored.
public final class Constraints {
    private static final int MOST_KEPT = 64;
    private static final int LARGEST_SCHEMA = 512 << 10;

    /// A grammar with more states gets a fresh table for the next request.
    private static final int WORN_STATES = 100_000;

    /// What makes two constraints the same.
    private record Key(String kind, String text, boolean continues) {}

    /// A constraint and how its grammar is made.
    private record Kept(GrammarConstraint constraint, Supplier<Expr> part) {}

    private final TokenTrie trie;
    private final boolean continues;
    private final Map<Key, Kept> kept;

    public Constraints(Tokenizer tokenizer) {
        this(
                new TokenTrie(tokenizer),
                false,
                new LinkedHashMap<>(16, 0.75f, true) {
                    private static final long serialVersionUID = 1L;

                    @Override
                    protected boolean removeEldestEntry(Map.Entry<Key, Kept> eldest) {
                        return size() > MOST_KEPT;
                    }
                });
    }

    private Constraints(TokenTrie trie, boolean continues, Map<Key, Kept> kept) {
        this.trie = trie;
        this.continues = continues;
        this.kept = kept;
    }

    /// For texts that go on with their prompt ([chuan.engine.GenerateRequest#continuesText]): there
    /// the space before the first word is a space.
    public Constraints continuing() {
        return new Constraints(trie, true, kept);
    }

    /// Any JSON object.
    public Constraint jsonObject() {
        return kept("json", "", () -> new JsonText(true).object());
    }

    /// Values of a JSON schema.
    ///
    /// @throws SchemaException if it is none, or says something that cannot be followed
    public Constraint jsonSchema(String schema) {
        return kept("json_schema", schema, () -> SchemaCompiler.compile(parse(schema)));
    }

    static Json parse(String text) {
        if (text.length() > LARGEST_SCHEMA)
            throw new SchemaException(
                    "schema_too_complex",
                    "schema",
                    "#",
                    "has more than " + LARGEST_SCHEMA + " characters: make it shorter");
        try {
            return Json.parse(Path.of("schema"), text.getBytes(StandardCharsets.UTF_8));
        } catch (MalformedFileException e) {
            throw new SchemaException(
                    "invalid_json_schema", "schema", "#", "is no JSON: " + e.getMessage());
        }
    }

    /// Texts that a regular expression (of ECMA-262, as far as it is regular) matches from
    /// beginning to end.
    public Constraint regex(String pattern) {
        return kept(
                "regex",
                pattern,
                () -> {
                    try {
                        return RegexParser.parse(pattern).whole().lower(CodePoints::utf8);
                    } catch (IllegalArgumentException e) {
                        throw new SchemaException(
                                "invalid_regex", "regex", "", String.valueOf(e.getMessage()));
                    }
                });
    }

    /// A grammar in llama.cpp's notation (GBNF), from its rule `root` on.
    public Constraint gbnf(String grammar) {
        return kept("grammar", grammar, () -> GbnfParser.parse(grammar));
    }

    /// Answers that may or must call tools, in the format of [chuan.engine.tools.ToolTemplate]. One
    /// that must goes on behind [ToolUse#begin].
    ///
    /// @param form of an answer that calls nothing: one of the constraints made here, or
    ///   [Constraint#NONE] for any text
    public Constraint tools(ToolUse use, Constraint form) {
        if (!use.offered()) return form;
        if (use.forced()) return kept("tools", use.toString(), () -> ToolGrammar.calls(use));
        if (form == Constraint.NONE)
            return kept("tools", use.toString(), () -> ToolGrammar.perhaps(use));
        var known = known(form);
        return kept(
                "tools",
                use + "\n" + known.getKey(),
                () -> Expr.alt(ToolGrammar.marked(use), known.getValue().part.get()));
    }

    private Map.Entry<Key, Kept> known(Constraint form) {
        synchronized (kept) {
            for (var entry : kept.entrySet())
                if (entry.getValue().constraint == form)
                    return Map.entry(entry.getKey(), entry.getValue());
        }
        throw new SchemaException(
                "invalid_tools",
                "tools",
                "",
                "cannot be offered where the answer has a form of the program's own: demand a call,"
                        + " or leave the form out");
    }

    /// One of these texts.
    public Constraint choice(List<String> texts) {
        if (texts.isEmpty())
            throw new SchemaException("invalid_choice", "choice", "", "is empty: give a text");
        return kept(
                "choice",
                String.join("\0", texts),
                () -> Expr.alt(texts.stream().map(Expr::text).toList()));
    }

    /// @param part a grammar, compiled only if it is not at hand
    private GrammarConstraint kept(String kind, String text, Supplier<Expr> part) {
        var key = new Key(kind, text, continues);
        synchronized (kept) {
            var known = kept.get(key);
            if (known != null && known.constraint.size() < WORN_STATES) return known.constraint;
        }
        var fresh = compile(kind, part);
        synchronized (kept) {
            kept.put(key, new Kept(fresh, part));
        }
        return fresh;
    }

    private GrammarConstraint compile(String kind, Supplier<Expr> part) {
        try {
            var recognizer = new Recognizer(part.get(), trie.longest);
            if (recognizer.start() < 0)
                throw new SchemaException(
                        "invalid_" + kind, kind, "", "no text satisfies it: correct it");
            return new GrammarConstraint(trie, recognizer, continues);
        } catch (GrammarLimitException e) {
            throw new SchemaException(
                    "schema_too_complex", kind, "", e.getMessage() + ": make it simpler");
        }
    }
}
