package chuan.corpus;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Stage 2: from a page to the prose on it. Takes away what is markup or machine text (front
/// matter, HTML comments and tags, `{{macros}}`, `{{< shortcodes >}}`, code blocks, tables,
/// formulas, images, lists of links) and keeps the words inside what is only emphasis or a link.
/// Works on lines; a paragraph that lost a glyph (private use, □) is dropped whole, since half a
/// sentence teaches nonsense.
final class Clean {
    private Clean() {}

    private static final Pattern COMMENT = Pattern.compile("<!--.*?(-->|\\z)", Pattern.DOTALL);
    private static final Pattern FRONT_MATTER =
            Pattern.compile("\\A\\s*(---|\\+\\+\\+)\\n.*?\\n\\1\\s*\\n", Pattern.DOTALL);
    private static final Pattern SCRIPT =
            Pattern.compile("(?is)<(script|style|svg|table|pre)\\b.*?(</\\1\\s*>|\\z)");
    private static final Pattern FORMULA_BLOCK = Pattern.compile("(?s)\\$\\$.{0,4000}?\\$\\$");
    private static final Pattern MACRO =
            Pattern.compile("\\{\\{\\s*([A-Za-z_]+)\\s*(?:\\(([^{}]*?)\\))?\\s*}}");
    private static final Pattern SHORTCODE = Pattern.compile("\\{\\{[<%](.*?)[>%]}}");
    private static final Pattern SHORTCODE_TEXT = Pattern.compile("text=\"([^\"]*)\"");
    private static final Pattern BRACES_LEFT = Pattern.compile("\\{\\{.{0,300}?}}|\\{/\\*.*?\\*/}");
    private static final Pattern ANCHOR = Pattern.compile("\\s*\\{[#:.][^{}]{0,120}}");
    private static final Pattern IMAGE =
            Pattern.compile("!\\[[^\\]]*]\\([^)]*\\)|!\\[[^\\]]*]\\[[^\\]]*]");
    private static final Pattern LINK =
            Pattern.compile(
                    "\\[([^\\[\\]]*)](?:\\((?:[^()\\s]|\\([^()]*\\))*(?:\\s+\"[^\"]*\")?\\)|\\[[^\\]]*])");
    private static final Pattern LINK_LINE =
            Pattern.compile(
                    "^\\s*(?:[-*+]|\\d+[.)])?\\s*\\**\\[[^\\[\\]]*]\\([^)]*\\)\\**[\\s。.,;，；]*$");
    private static final Pattern LINK_TARGET = Pattern.compile("^\\s*\\[[^\\]]+]:\\s*\\S+.*$");
    private static final Pattern TAG = Pattern.compile("</?[A-Za-z][^<>\\n]{0,400}>");
    private static final Pattern ADDRESS =
            Pattern.compile("<?\\b(?:https?|ftp)://[^\\s<>()（），。；、]+>?|\\bwww\\.[^\\s<>()（），。；、]+");
    private static final Pattern ROLE = Pattern.compile(":[a-z]+:`[^`]*`");
    private static final Pattern EMPHASIS =
            Pattern.compile("(\\*{1,3}|_{2,3}|~~)(?=\\S)(.+?)(?<=\\S)\\1");
    private static final Pattern UNDERLINE =
            Pattern.compile("(?<![A-Za-z0-9_])_([^_\\n]+)_(?![A-Za-z0-9_])");
    private static final Pattern HEADING = Pattern.compile("^\\s{0,3}#{1,6}\\s*(.*?)\\s*#*$");
    private static final Pattern QUOTE = Pattern.compile("^\\s{0,3}(?:>\\s?)+");
    private static final Pattern MARK_LINE =
            Pattern.compile(
                    "^\\s*(?:\\[![A-Z]+].*|[?!]{3}\\+?\\s.*|:{3,}.*|={3,}.*|-{3,}|\\*{3,}|_{3,}|#+|author[:：].*"
                            + "|\\[toc].*|@tab.*|import .* from .*|[-*+]|\\d+[.)])\\s*$",
                    Pattern.CASE_INSENSITIVE);
    private static final Pattern DEFINITION = Pattern.compile("^\\s*[-*]?\\s*:\\s+");
    private static final Pattern BULLET = Pattern.compile("^\\s*[*+•·●]\\s+");
    private static final Pattern INLINE_FORMULA = Pattern.compile("\\$[^$\\n]{1,300}\\$");
    private static final Pattern EMPTY_BRACKETS =
            Pattern.compile("（[\\s，,；;、]*）|(?<!\\w)\\([\\s,;]*\\)|「」|“”|【】");
    private static final Pattern SETTING =
            Pattern.compile("^[-\\s]*[A-Za-z][\\w./-]*:(?:\\s+[\\w./\"'{}\\[\\]$-]+)?\\s*$");
    private static final Pattern SPACE_IN_HAN =
            Pattern.compile("(?<=[\\x{4E00}-\\x{9FFF}]) +(?=[\\x{4E00}-\\x{9FFF}])");
    private static final Pattern SPACES = Pattern.compile("[ \\t]+");
    private static final Pattern SPACE_AT_HAN =
            Pattern.compile("(?<=[，。！？；：、）》」』])[ ]+|[ ]+(?=[，。！？；：、（）《》「」])");
    private static final Pattern ENTITY =
            Pattern.compile("&(#\\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z]{2,8});");
    private static final Set<String> REFERENCE_MACROS =
            Set.of(
                    "jsxref",
                    "domxref",
                    "cssxref",
                    "htmlelement",
                    "glossary",
                    "svgelement",
                    "svgattr",
                    "httpheader",
                    "httpmethod",
                    "httpstatus",
                    "csp",
                    "mathmlelement",
                    "anch",
                    "event",
                    "linkitem");

    /// The prose of a normalised text, paragraphs separated by one line feed where the page had one
    /// and by two where it had a gap. Empty when nothing is left.
    static String text(String normalised, SourceRules rules) {
        String text = FRONT_MATTER.matcher(normalised).replaceFirst("");
        text = COMMENT.matcher(text).replaceAll("");
        if (rules.markup()) {
            text = withoutCodeBlocks(text);
            text = SCRIPT.matcher(text).replaceAll("\n");
            text = FORMULA_BLOCK.matcher(text).replaceAll("");
            text = macros(text);
        }
        List<String> lines = new ArrayList<>();
        for (String line : text.split("\n", -1)) {
            cleanLine(line, rules, lines);
        }
        List<String> joined = rules.wrapped() ? Unwrap.lines(lines) : lines;
        return joinLines(joined);
    }

    private static void cleanLine(String line, SourceRules rules, List<String> out) {
        if (line.isBlank()) {
            out.add("");
            return;
        }
        if (line.codePoints().anyMatch(Characters::isBroken) || rules.drops(line)) {
            return;
        }
        String cleaned = rules.markup() ? markupLine(line) : line;
        if (cleaned == null || MARK_LINE.matcher(cleaned).matches()) {
            out.add("");
            return;
        }
        cleaned = EMPTY_BRACKETS.matcher(ADDRESS.matcher(cleaned).replaceAll("")).replaceAll("");
        cleaned = HEADING.matcher(cleaned).replaceFirst("$1");
        cleaned = SPACES.matcher(cleaned).replaceAll(" ").strip();
        cleaned = SPACE_AT_HAN.matcher(cleaned).replaceAll("");
        if (!rules.markup() && !rules.lists()) {
            cleaned = SPACE_IN_HAN.matcher(cleaned).replaceAll("");
        }
        if (!cleaned.isEmpty()) {
            out.add(cleaned);
        }
    }

    /// Null when the whole line is machine text.
    private static @org.jspecify.annotations.Nullable String markupLine(String line) {
        String bare = QUOTE.matcher(line).replaceFirst("");
        String start = bare.stripLeading();
        if (start.startsWith("|")
                || LINK_LINE.matcher(bare).matches()
                || LINK_TARGET.matcher(bare).matches()
                || SETTING.matcher(bare).matches()
                || isIndentedCode(bare)) {
            return null;
        }
        String text = IMAGE.matcher(bare).replaceAll("");
        text = LINK.matcher(text).replaceAll("$1");
        text = LINK.matcher(text).replaceAll("$1");
        text = ROLE.matcher(text).replaceAll("");
        text = TAG.matcher(text).replaceAll("");
        text = entities(text);
        text = ANCHOR.matcher(text).replaceAll("");
        text = DEFINITION.matcher(text).replaceFirst("");
        text = BULLET.matcher(text).replaceFirst("- ");
        text = EMPHASIS.matcher(text).replaceAll("$2");
        text = EMPHASIS.matcher(text).replaceAll("$2");
        text = UNDERLINE.matcher(text).replaceAll("$1");
        text = text.replace("`", "");
        return formulas(text.replace('．', '。'));
    }

    /// Drops a line that is mostly formula; elsewhere the formula's letters stay, its dollars go.
    private static @org.jspecify.annotations.Nullable String formulas(String line) {
        if (line.indexOf('$') < 0) {
            return line;
        }
        int inside = 0;
        Matcher matcher = INLINE_FORMULA.matcher(line);
        while (matcher.find()) {
            inside += matcher.end() - matcher.start();
        }
        if (inside * 8 > line.length() || line.contains("\\")) {
            return null;
        }
        return INLINE_FORMULA
                .matcher(line)
                .replaceAll(m ->
                        Matcher.quoteReplacement(m.group().substring(1, m.group().length() - 1)));
    }

    private static boolean isIndentedCode(String line) {
        if (!line.startsWith("    ") && !line.startsWith("\t")) {
            return false;
        }
        long symbols = line.chars().filter(c -> "{}[]()<>=;/\\|_$#@+&^~\"".indexOf(c) >= 0).count();
        return Characters.countHan(line) == 0 && symbols * 10 > line.strip().length();
    }

    private static String withoutCodeBlocks(String text) {
        StringBuilder out = new StringBuilder(text.length());
        String fence = "";
        for (String line : text.split("\n", -1)) {
            String start = QUOTE.matcher(line).replaceFirst("").stripLeading();
            boolean isFence = start.startsWith("```") || start.startsWith("~~~");
            if (fence.isEmpty() && isFence) {
                fence = start.substring(0, 3);
                out.append('\n');
            } else if (!fence.isEmpty()) {
                if (isFence && start.startsWith(fence) && start.strip().length() <= 6) {
                    fence = "";
                }
            } else {
                out.append(line).append('\n');
            }
        }
        return out.toString();
    }

    private static String macros(String text) {
        if (text.indexOf("{") < 0) {
            return text;
        }
        String result =
                SHORTCODE
                        .matcher(text)
                        .replaceAll(m -> {
                            Matcher shown = SHORTCODE_TEXT.matcher(m.group(1));
                            return shown.find() ? Matcher.quoteReplacement(shown.group(1)) : "";
                        });
        result =
                MACRO.matcher(result)
                        .replaceAll(
                                m -> Matcher.quoteReplacement(macroText(m.group(1), m.group(2))));
        return BRACES_LEFT.matcher(result).replaceAll("");
    }

    private static String macroText(
            String name, @org.jspecify.annotations.Nullable String arguments) {
        if (arguments == null
                || !REFERENCE_MACROS.contains(name.toLowerCase(java.util.Locale.ROOT))) {
            return "";
        }
        String[] parts = arguments.split("\"\\s*,\\s*\"|'\\s*,\\s*'", -1);
        String shown = parts.length > 1 && !parts[1].isBlank() ? parts[1] : parts[0];
        return shown.replaceAll("[\"']", "").replaceAll(",.*$", "").strip();
    }

    static String entities(String text) {
        if (text.indexOf('&') < 0) {
            return text;
        }
        return ENTITY.matcher(text)
                .replaceAll(m -> Matcher.quoteReplacement(entity(m.group(1), m.group())));
    }

    private static String entity(String name, String whole) {
        if (name.charAt(0) == '#') {
            boolean hexadecimal = name.charAt(1) == 'x';
            int code = Integer.parseInt(name.substring(hexadecimal ? 2 : 1), hexadecimal ? 16 : 10);
            return Character.isValidCodePoint(code) && !Character.isISOControl(code)
                    ? Character.toString(code)
                    : "";
        }
        return switch (name) {
            case "nbsp", "ensp", "emsp", "thinsp" -> " ";
            case "lt" -> "<";
            case "gt" -> ">";
            case "amp" -> "&";
            case "quot" -> "\"";
            case "apos" -> "'";
            case "mdash" -> "—";
            case "ndash" -> "–";
            case "hellip" -> "…";
            case "lsquo" -> "‘";
            case "rsquo" -> "’";
            case "ldquo" -> "“";
            case "rdquo" -> "”";
            default -> whole;
        };
    }

    /// Lines to text: no blank line at either end, never two in a row.
    static String joinLines(List<String> lines) {
        StringBuilder out = new StringBuilder();
        boolean gap = false;
        for (String line : lines) {
            if (line.isEmpty()) {
                gap = true;
                continue;
            }
            if (!out.isEmpty()) {
                out.append(gap ? "\n\n" : "\n");
            }
            gap = false;
            out.append(line);
        }
        return out.toString();
    }
}
