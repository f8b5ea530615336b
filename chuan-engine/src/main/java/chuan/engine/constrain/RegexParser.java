package chuan.engine.constrain;

import chuan.engine.constrain.Regex.Anchor;
import chuan.engine.constrain.Regex.Cat;
import chuan.engine.constrain.Regex.Chars;
import chuan.engine.constrain.Regex.Or;
import chuan.engine.constrain.Regex.Times;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/// Reads the regular expressions of ECMA-262 that are regular: no look-around, back-references and
/// word boundaries. `\d` and `\w` are ASCII, `\s` is Unicode's white space, `.` is no line break,
/// as there; lazy quantifiers match the same texts as greedy ones.
final class RegexParser {
    private static final CodePoints DIGITS = CodePoints.of('0', '9');
    private static final CodePoints WORD = CodePoints.of('0', '9', 'A', 'Z', '_', '_', 'a', 'z');
    private static final CodePoints SPACE =
            CodePoints.of(
                    9, 13, 32, 32, 0xA0, 0xA0, 0x1680, 0x1680, 0x2000, 0x200A, 0x2028, 0x2029,
                    0x202F, 0x202F, 0x205F, 0x205F, 0x3000, 0x3000, 0xFEFF, 0xFEFF);
    private static final CodePoints NO_LINE_BREAK =
            CodePoints.of(10, 10, 13, 13, 0x2028, 0x2029).complement();
    private static final int DEEPEST = 100;
    private static final int MOST_TIMES = 1_000_000;

    private final String text;
    private int at;
    private int depth;

    private RegexParser(String text) {
        this.text = text;
    }

    /// @throws IllegalArgumentException that says what is wrong and where
    static Regex parse(String text) {
        var parser = new RegexParser(text);
        Regex regex = parser.alternatives();
        if (parser.at < text.length()) throw parser.error("a ) without its (");
        return regex;
    }

    private Regex alternatives() {
        if (++depth > DEEPEST) throw error("nested deeper than " + DEEPEST + " levels");
        var ways = new ArrayList<Regex>();
        ways.add(sequence());
        while (peek() == '|') {
            at++;
            ways.add(sequence());
        }
        depth--;
        return ways.size() == 1 ? ways.getFirst() : new Or(List.copyOf(ways));
    }

    private Regex sequence() {
        var items = new ArrayList<Regex>();
        while (peek() >= 0 && peek() != '|' && peek() != ')') items.add(quantified(atom()));
        return items.size() == 1 ? items.getFirst() : new Cat(List.copyOf(items));
    }

    private Regex quantified(Regex atom) {
        int from = at;
        int min;
        int max;
        switch (peek()) {
            case '*' -> {
                min = 0;
                max = Expr.MANY;
            }
            case '+' -> {
                min = 1;
                max = Expr.MANY;
            }
            case '?' -> {
                min = 0;
                max = 1;
            }
            case '{' -> {
                int close = text.indexOf('}', at);
                String inside = close < 0 ? "" : text.substring(at + 1, close);
                if (!inside.matches("[0-9]{1,9}(,[0-9]{0,9})?")) return atom;
                int comma = inside.indexOf(',');
                min = count(comma < 0 ? inside : inside.substring(0, comma));
                String upper = comma < 0 ? inside : inside.substring(comma + 1);
                max = upper.isEmpty() ? Expr.MANY : count(upper);
                if (max < min) throw error("numbers out of order in {" + inside + "}");
                at = close;
            }
            default -> {
                return atom;
            }
        }
        if (atom instanceof Anchor) {
            at = from;
            throw error("nothing to repeat");
        }
        at++;
        if (peek() == '?') at++;
        else if (peek() == '*' || peek() == '+') throw error("nothing to repeat");
        return new Times(atom, min, max);
    }

    private int count(String digits) {
        int value = Integer.parseInt(digits);
        if (value > MOST_TIMES) throw error("more than " + MOST_TIMES + " repetitions");
        return value;
    }

    private Regex atom() {
        int c = next();
        return switch (c) {
            case '^' -> new Anchor(true);
            case '$' -> new Anchor(false);
            case '.' -> new Chars(NO_LINE_BREAK);
            case '(' -> group();
            case '[' -> new Chars(set());
            case '\\' -> escape();
            case '*', '+', '?' -> throw error("nothing to repeat");
            default -> new Chars(CodePoints.of(c, c));
        };
    }

    private Regex group() {
        if (peek() == '?') {
            at++;
            int kind = next();
            if (kind == '<' && peek() != '=' && peek() != '!') {
                int close = text.indexOf('>', at);
                if (close < 0) throw error("a group's name without its end");
                at = close + 1;
            } else if (kind != ':') {
                throw error(
                        kind == '=' || kind == '!' || kind == '<'
                                ? "look-around is not supported; list what may stand there"
                                : "options inside the expression are not supported");
            }
        }
        Regex inside = alternatives();
        if (next() != ')') throw error("a ( without its )");
        return inside;
    }

    private Regex escape() {
        int c = peek();
        if (c == 'b' || c == 'B')
            throw error("\\b is not supported; say which characters stand there");
        if ((c >= '1' && c <= '9') || c == 'k') throw error("back-references are not supported");
        return new Chars(escaped());
    }

    /// The set that stands behind a backslash.
    private CodePoints escaped() {
        int c = next();
        return switch (c) {
            case 'd' -> DIGITS;
            case 'D' -> DIGITS.complement();
            case 'w' -> WORD;
            case 'W' -> WORD.complement();
            case 's' -> SPACE;
            case 'S' -> SPACE.complement();
            case 'p' -> property(false);
            case 'P' -> property(true);
            default -> {
                int one = character(c);
                yield CodePoints.of(one, one);
            }
        };
    }

    private int character(int c) {
        return switch (c) {
            case 't' -> '\t';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 'f' -> '\f';
            case 'v' -> 0x0B;
            case '0' -> 0;
            case 'c' -> {
                int letter = next();
                if (letter > 127 || !Character.isLetter(letter)) throw error("\\c needs a letter");
                yield letter & 31;
            }
            case 'x' -> hex(2);
            case 'u' -> {
                if (peek() == '{') {
                    int close = text.indexOf('}', at);
                    if (close < at + 2 || close > at + 7) throw error("a wrong \\u{…}");
                    int value = hexOf(text.substring(at + 1, close));
                    at = close + 1;
                    yield value;
                }
                int high = hex(4);
                if (Character.isHighSurrogate((char) high) && text.startsWith("\\u", at)) {
                    at += 2;
                    int low = hex(4);
                    if (Character.isLowSurrogate((char) low))
                        yield Character.toCodePoint((char) high, (char) low);
                    throw error("half a surrogate pair");
                }
                yield high;
            }
            case -1 -> throw error("a \\ at the end");
            default -> {
                if (c < 128 && Character.isLetterOrDigit(c))
                    throw error("\\" + (char) c + " is not known");
                yield c;
            }
        };
    }

    private int hex(int digits) {
        if (at + digits > text.length()) throw error("hexadecimal digits are missing");
        int value = hexOf(text.substring(at, at + digits));
        at += digits;
        return value;
    }

    private int hexOf(String digits) {
        if (!digits.matches("[0-9a-fA-F]+")) throw error("expected hexadecimal digits");
        int value = Integer.parseInt(digits, 16);
        if (value > 0x10FFFF) throw error("a character beyond U+10FFFF");
        return value;
    }

    private CodePoints property(boolean not) {
        int close = text.indexOf('}', at);
        if (peek() != '{' || close < 0) throw error("\\p needs a name in braces");
        String name = text.substring(at + 1, close);
        at = close + 1;
        return properties(name, not);
    }

    /// ECMA's names of categories and scripts are those of Java with another prefix.
    private CodePoints properties(String name, boolean not) {
        String java =
                switch (name) {
                    case "Letter" -> "L";
                    case "Lowercase_Letter" -> "Ll";
                    case "Uppercase_Letter" -> "Lu";
                    case "Number" -> "N";
                    case "Decimal_Number", "digit" -> "Nd";
                    case "Punctuation" -> "P";
                    case "Symbol" -> "S";
                    case "Separator" -> "Z";
                    case "Mark" -> "M";
                    case "Alphabetic", "Lowercase", "Uppercase", "White_Space" -> "Is" + name;
                    default ->
                            name.replaceFirst("^(General_Category|gc)=", "")
                                    .replaceFirst("^(Script|sc)=", "Is");
                };
        Pattern pattern;
        try {
            if (!java.matches("[A-Za-z_]+")) throw error("\\p{" + name + "} is not known");
            pattern = Pattern.compile("\\p{" + java + "}");
        } catch (PatternSyntaxException _) {
            throw error("\\p{" + name + "} is not known");
        }
        var test = pattern.asMatchPredicate();
        var bounds = new ArrayList<Integer>();
        for (int c = 0; c <= 0x10FFFF; c++) {
            boolean in = test.test(Character.toString(c));
            if (in == (bounds.size() % 2 == 0)) bounds.add(in ? c : c - 1);
        }
        if (bounds.size() % 2 == 1) bounds.add(0x10FFFF);
        var set = CodePoints.of(bounds.stream().mapToInt(i -> i).toArray());
        return not ? set.complement() : set;
    }

    private CodePoints set() {
        boolean not = peek() == '^';
        if (not) at++;
        var all = CodePoints.of();
        while (peek() != ']') {
            if (peek() < 0) throw error("a [ without its ]");
            CodePoints first = member();
            boolean range = peek() == '-' && at + 1 < text.length() && text.charAt(at + 1) != ']';
            if (!range) {
                all = all.plus(first);
                continue;
            }
            at++;
            CodePoints last = member();
            if (single(first) && single(last)) {
                int from = first.ranges().getFirst();
                int to = last.ranges().getFirst();
                if (to < from) throw error("a range out of order");
                all = all.plus(CodePoints.of(from, to));
            } else {
                all = all.plus(first).plus(last).plus(CodePoints.of('-', '-'));
            }
        }
        at++;
        return not ? all.complement() : all;
    }

    private static boolean single(CodePoints set) {
        return set.ranges().size() == 2 && set.ranges().getFirst().equals(set.ranges().getLast());
    }

    private CodePoints member() {
        int c = next();
        if (c != '\\') return CodePoints.of(c, c);
        if (peek() == 'b') {
            at++;
            return CodePoints.of(8, 8);
        }
        if (peek() == '-') {
            at++;
            return CodePoints.of('-', '-');
        }
        return escaped();
    }

    private int peek() {
        return at < text.length() ? text.codePointAt(at) : -1;
    }

    private int next() {
        if (at >= text.length()) return -1;
        int c = text.codePointAt(at);
        at += Character.charCount(c);
        return c;
    }

    private IllegalArgumentException error(String problem) {
        return new IllegalArgumentException(
                "the regular expression at character " + at + ": " + problem);
    }
}
