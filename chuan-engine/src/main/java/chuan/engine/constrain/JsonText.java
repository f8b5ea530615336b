package chuan.engine.constrain;

import chuan.engine.constrain.Expr.Rule;
import chuan.files.Json;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// How JSON values are spelled. Each string has exactly one spelling: characters stand for
/// themselves, except quotes, backslashes and control characters, which have the short escape if
/// there is one and else that with four digits. White space is at most one blank behind colons and
/// commas; in loose texts also line breaks with up to 24 blanks.
final class JsonText {
    private static final CodePoints ESCAPED =
            CodePoints.of(0, 0x1F).plus(CodePoints.ofChars("\"\\"));

    /// Characters that are no escapes.
    private static final CodePoints PLAIN = ESCAPED.complement();

    /// Digits before the point of a number without bounds: all 64-bit integers, signed or not.
    static final int INTEGER_DIGITS = 20;

    /// Digits behind the point of a number: more than a double can tell apart.
    static final int FRACTION_DIGITS = 20;

    private final Expr blank;
    private final Expr edge;
    private final Expr character = characters(CodePoints.ALL);
    private final Expr string;
    private final Expr number = number();
    private final Rule value = new Rule("value");
    private final Expr object;
    private final Expr array;

    /// @param loose with line breaks and indentation
    JsonText(boolean loose) {
        Expr line = Expr.seq(Expr.text("\n"), Expr.repeat(Expr.text(" "), 0, 24));
        blank =
                loose
                        ? Expr.alt(Expr.nothing(), Expr.text(" "), line)
                        : Expr.optional(Expr.text(" "));
        edge = loose ? blank : Expr.nothing();
        string = string(0, Expr.MANY);
        Expr member = Expr.seq(string, colon(), value);
        object = Expr.seq(open("{"), list(member, 0, Expr.MANY), close("}"));
        array = Expr.seq(open("["), list(value, 0, Expr.MANY), close("]"));
        value.body =
                Expr.alt(
                        string,
                        number,
                        object,
                        array,
                        Expr.text("true"),
                        Expr.text("false"),
                        Expr.text("null"));
    }

    Expr value() {
        return value;
    }

    Expr object() {
        return object;
    }

    Expr anyArray() {
        return array;
    }

    Expr anyNumber() {
        return number;
    }

    Expr colon() {
        return Expr.seq(Expr.text(":"), blank);
    }

    Expr comma() {
        return Expr.seq(edge, Expr.text(","), blank);
    }

    Expr open(String bracket) {
        return Expr.seq(Expr.text(bracket), edge);
    }

    Expr close(String bracket) {
        return Expr.seq(edge, Expr.text(bracket));
    }

    /// Items with commas between them.
    Expr list(Expr item, int min, int max) {
        if (max == 0) return min == 0 ? Expr.nothing() : Expr.impossible();
        Expr more =
                Expr.repeat(
                        Expr.seq(comma(), item),
                        Math.max(0, min - 1),
                        max == Expr.MANY ? max : max - 1);
        Expr some = Expr.seq(item, more);
        return min == 0 ? Expr.optional(some) : some;
    }

    /// A string of so many characters.
    Expr string(int min, int max) {
        if (max < min) return Expr.impossible();
        if (max == 0) return Expr.text("\"\"");
        return quoted(new Expr.Repeat(character, min, max, true));
    }

    static Expr quoted(Expr content) {
        return Expr.seq(Expr.text("\""), content, Expr.text("\""));
    }

    /// One character of a string.
    static Expr characters(CodePoints set) {
        var ways = new ArrayList<Expr>();
        CodePoints plain = set.minus(ESCAPED);
        if (!plain.isEmpty()) ways.add((plain.equals(PLAIN) ? PLAIN : plain).utf8());
        for (int c = 0; c < 128; c++)
            if (ESCAPED.has(c) && set.has(c)) ways.add(Expr.text(escape(c)));
        return Expr.alt(ways);
    }

    private static String escape(int c) {
        return switch (c) {
            case '"' -> "\\\"";
            case '\\' -> "\\\\";
            case '\n' -> "\\n";
            case '\t' -> "\\t";
            case '\r' -> "\\r";
            case '\b' -> "\\b";
            case '\f' -> "\\f";
            default -> String.format(Locale.ROOT, "\\u%04x", c);
        };
    }

    /// A string as it is spelled, with its quotes.
    static String spell(String text) {
        var out = new StringBuilder("\"");
        text.codePoints()
                .forEach(c -> {
                    if (ESCAPED.has(c)) out.append(escape(c));
                    else out.appendCodePoint(c);
                });
        return out.append('"').toString();
    }

    /// A whole number without point and exponent, if that is not long.
    private static String spell(Json.Num number) {
        var value = new BigDecimal(number.literal());
        boolean whole = value.signum() == 0 || value.stripTrailingZeros().scale() <= 0;
        boolean large = (long) value.precision() - value.scale() > INTEGER_DIGITS;
        return whole && !large ? value.toBigInteger().toString() : number.literal();
    }

    /// This value.
    Expr literal(Json json) {
        return switch (json) {
            case Json.Null _ -> Expr.text("null");
            case Json.Bool bool -> Expr.text(bool.value() ? "true" : "false");
            case Json.Num number -> Expr.text(spell(number));
            case Json.Str text -> Expr.text(spell(text.text()));
            case Json.Arr array -> {
                List<Expr> items = new ArrayList<>();
                for (Json item : array.items()) items.add(literal(item));
                yield Expr.seq(open("["), joined(items), close("]"));
            }
            case Json.Obj object -> {
                List<Expr> items = new ArrayList<>();
                object.fields()
                        .forEach((key, item) ->
                                items.add(Expr.seq(Expr.text(spell(key)), colon(), literal(item))));
                yield Expr.seq(open("{"), joined(items), close("}"));
            }
        };
    }

    private Expr joined(List<Expr> items) {
        var all = new ArrayList<Expr>();
        for (Expr item : items) {
            if (!all.isEmpty()) all.add(comma());
            all.add(item);
        }
        return Expr.seq(all.toArray(Expr[]::new));
    }

    /// Numbers that a double can hold: digits with a fraction, or one digit with a fraction and an
    /// exponent.
    private static Expr number() {
        Expr digit = Expr.range('0', '9');
        Expr digits =
                Expr.alt(
                        Expr.text("0"),
                        Expr.seq(Expr.range('1', '9'), Expr.repeat(digit, 0, INTEGER_DIGITS - 1)));
        Expr fraction =
                Expr.optional(Expr.seq(Expr.text("."), Expr.repeat(digit, 1, FRACTION_DIGITS)));
        Expr small = Expr.repeat(digit, 1, 2);
        Expr up =
                Expr.seq(
                        Expr.optional(Expr.text("+")),
                        Expr.alt(
                                small,
                                Expr.seq(Expr.range('1', '2'), digit, digit),
                                Expr.seq(Expr.text("30"), Expr.range('0', '7'))));
        Expr down =
                Expr.seq(
                        Expr.text("-"),
                        Expr.alt(
                                small,
                                Expr.seq(Expr.range('1', '2'), digit, digit),
                                Expr.seq(Expr.text("3"), Expr.range('0', '1'), digit),
                                Expr.seq(Expr.text("32"), Expr.range('0', '4'))));
        Expr exponent =
                Expr.seq(
                        digit,
                        fraction,
                        Expr.alt(Expr.text("e"), Expr.text("E")),
                        Expr.alt(up, down));
        return Expr.seq(
                Expr.optional(Expr.text("-")), Expr.alt(Expr.seq(digits, fraction), exponent));
    }
}
