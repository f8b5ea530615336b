package chuan.engine.constrain;

import chuan.engine.constrain.Regex.Cat;
import chuan.engine.constrain.Regex.Chars;
import chuan.engine.constrain.Regex.Or;
import chuan.engine.constrain.Regex.Times;
import chuan.files.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The strings that [Facts] allow, and which keys match a pattern.
final class SchemaStrings {
    private final JsonText text;
    private final Map<SchemaNode, Regex> parsed = new HashMap<>();
    private final Map<SchemaNode, Recognizer> matchers = new HashMap<>();
    private final Map<String, Recognizer> formats = new HashMap<>();
    private final Map<List<List<Object>>, Boolean> disjoint = new HashMap<>();

    SchemaStrings(JsonText text) {
        this.text = text;
    }

    /// All strings with their quotes that the facts allow, without `values`.
    Expr of(Facts facts) {
        var conditions = new ArrayList<Regex>();
        for (var pattern : facts.patterns) conditions.add(found(pattern));
        for (var format : facts.formats) {
            var regex = Formats.of(format);
            if (regex != null) conditions.add(regex);
        }
        var excluded = new ArrayList<Expr>();
        for (Json value : facts.excluded)
            if (value instanceof Json.Str string)
                excluded.add(Expr.text(JsonText.spell(string.text())));
        for (var pattern : facts.notPatterns) excluded.add(keys(pattern));
        int min = facts.minLength;
        int max = facts.maxLength;
        if (min > max) return Expr.impossible();
        if (conditions.size() == 1) {
            Regex only = conditions.getFirst();
            Regex narrowed = narrow(only, min, max);
            if (narrowed != null && excluded.isEmpty()) return quoted(narrowed);
        }
        var must = new ArrayList<Expr>();
        for (Regex condition : conditions) must.add(quoted(condition));
        if (must.isEmpty() || min > 0 || max < Expr.MANY) must.add(text.string(min, max));
        return Product.of(must, excluded);
    }

    /// Whether a string fits, `values` and `excluded` left aside.
    boolean fits(Facts facts, String string) {
        int length = string.codePointCount(0, string.length());
        if (length < facts.minLength || length > facts.maxLength) return false;
        for (var pattern : facts.patterns) if (!matches(pattern, string)) return false;
        for (var pattern : facts.notPatterns) if (matches(pattern, string)) return false;
        for (var format : facts.formats) {
            var regex = Formats.of(format);
            if (regex != null && !accepts(formatted(format, regex), JsonText.spell(string)))
                return false;
        }
        return true;
    }

    private Recognizer formatted(String format, Regex regex) {
        return formats.computeIfAbsent(format, _ -> new Recognizer(quoted(regex), 0));
    }

    /// Whether no string fits both, as far as that can be told.
    boolean disjoint(Facts a, Facts b) {
        if (a.maxLength < b.minLength || b.maxLength < a.minLength) return true;
        boolean free = a.patterns.isEmpty() && a.formats.isEmpty() && a.notPatterns.isEmpty();
        boolean otherFree = b.patterns.isEmpty() && b.formats.isEmpty() && b.notPatterns.isEmpty();
        if (free && otherFree) return false;
        var key = List.of(key(a), key(b));
        Boolean known = disjoint.get(key);
        if (known != null) return known;
        boolean apart;
        try {
            apart = !Product.intersect(of(a), of(b));
        } catch (GrammarLimitException _) {
            apart = false;
        }
        disjoint.put(key, apart);
        return apart;
    }

    private static List<Object> key(Facts facts) {
        return List.of(
                facts.patterns,
                facts.notPatterns,
                facts.formats,
                facts.excluded,
                facts.minLength,
                facts.maxLength);
    }

    /// Keys that match the pattern.
    Expr keys(SchemaNode pattern) {
        return quoted(found(pattern));
    }

    boolean matches(SchemaNode pattern, String key) {
        var matcher = matchers.computeIfAbsent(pattern, p -> new Recognizer(keys(p), 0));
        return accepts(matcher, JsonText.spell(key));
    }

    static boolean accepts(Recognizer recognizer, String text) {
        int state = recognizer.start();
        if (state < 0) return false;
        state = recognizer.next(state, text.getBytes(StandardCharsets.UTF_8));
        return state >= 0 && recognizer.accepting(state);
    }

    private static Expr quoted(Regex regex) {
        return JsonText.quoted(regex.lower(JsonText::characters));
    }

    private Regex found(SchemaNode pattern) {
        return parsed.computeIfAbsent(
                pattern,
                p -> {
                    try {
                        return RegexParser.parse(p.string()).found();
                    } catch (IllegalArgumentException e) {
                        throw p.invalid(String.valueOf(e.getMessage()));
                    }
                });
    }

    /// The same with limits of the length built in, where that needs no second automaton.
    ///
    /// @return null if it does
    private static @org.jspecify.annotations.Nullable Regex narrow(Regex regex, int min, int max) {
        if (shortest(regex) >= min && longest(regex) <= max) return regex;
        return switch (regex) {
            case Cat cat when cat.items().size() == 1 -> narrow(cat.items().getFirst(), min, max);
            case Times times when times.body() instanceof Chars ->
                    new Times(times.body(), Math.max(min, times.min()), Math.min(max, times.max()));
            case Cat _, Times _, Chars _, Or _, Regex.Anchor _ -> null;
        };
    }

    private static long shortest(Regex regex) {
        return switch (regex) {
            case Chars _ -> 1;
            case Regex.Anchor _ -> 0;
            case Cat cat -> cat.items().stream().mapToLong(SchemaStrings::shortest).sum();
            case Or or -> or.items().stream().mapToLong(SchemaStrings::shortest).min().orElse(0);
            case Times times -> Math.min(Expr.MANY, shortest(times.body()) * times.min());
        };
    }

    private static long longest(Regex regex) {
        return switch (regex) {
            case Chars _ -> 1;
            case Regex.Anchor _ -> 0;
            case Cat cat ->
                    Math.min(
                            Expr.MANY,
                            cat.items().stream().mapToLong(SchemaStrings::longest).sum());
            case Or or -> or.items().stream().mapToLong(SchemaStrings::longest).max().orElse(0);
            case Times times ->
                    times.max() == Expr.MANY
                            ? longest(times.body()) == 0 ? 0 : Expr.MANY
                            : Math.min(Expr.MANY, longest(times.body()) * times.max());
        };
    }

    /// Keys of one list and none of another.
    Expr keys(List<Expr> must, List<Expr> mustNot) {
        var all = new ArrayList<>(must);
        if (all.isEmpty()) all.add(text.string(0, Expr.MANY));
        return Product.of(all, mustNot);
    }
}
