package chuan.eval.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;

/// Pages that open from a disk: one file, no network, English and Chinese, light and dark.
final class Html {
    private static final Map<String, String> COLUMNS =
            Map.of(
                    "Humanities", "人文",
                    "Social Sciences", "社会科学",
                    "Others", "其他",
                    "China Specific", "中国特有",
                    "Hard", "难题",
                    "Addition", "加法",
                    "Subtraction", "减法",
                    "Multiplication", "乘法",
                    "Average", "平均");

    private Html() {}

    /// For text and for attributes in double quotes.
    static String escape(String text) {
        var out = new StringBuilder(text.length() + 16);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '"' -> out.append("&quot;");
                default -> out.append(c < ' ' && c != '\n' && c != '\t' ? ' ' : c);
            }
        }
        return out.toString();
    }

    /// The name of a column of a published table, in Chinese too where it is one of theirs.
    static String column(String name) {
        String chinese = COLUMNS.get(name);
        if (chinese == null)
            chinese = name.replaceFirst(" tokens$", " 词元").replaceFirst("^depth ", "深度 ");
        return chinese.equals(name) ? escape(name) : both(name, chinese);
    }

    /// In both languages; the page shows one.
    static String both(String english, String chinese) {
        return "<span lang=\"en\">"
                + escape(english)
                + "</span><span lang=\"zh\">"
                + escape(chinese)
                + "</span>";
    }

    /// JSON that no tag within can end.
    static String data(String id, String json) {
        return "<script type=\"application/json\" id=\""
                + id
                + "\">"
                + json.replace("<", "\\u003c")
                        .replace("\u2028", "\\u2028")
                        .replace("\u2029", "\\u2029")
                + "</script>\n";
    }

    /// @param title without markup
    static String page(String title, String body) {
        String script = resource("page.js");
        return """
        <!doctype html>
        <html lang="en" data-language="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="referrer" content="no-referrer">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-%s'; base-uri 'none'; form-action 'none'">
        <title>%s</title>
        <style>
        %s</style>
        </head>
        <body>
        <a class="skip" href="#main">%s</a>
        <nav class="settings" aria-label="Page">
        <button type="button" id="language" lang="zh">中文</button>
        <button type="button" id="theme">%s</button>
        </nav>
        <main id="main">
        %s</main>
        <script>%s</script>
        </body>
        </html>
        """
                .formatted(
                        sha256(script),
                        escape(title),
                        resource("page.css"),
                        both("To the content", "跳到正文"),
                        both("Light or dark", "浅色或深色"),
                        body,
                        script);
    }

    static String resource(String name) {
        try (InputStream in = Html.class.getResourceAsStream(name)) {
            return new String(
                    Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String sha256(String text) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            return Base64.getEncoder()
                    .encodeToString(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
