package chuan.eval.report;

import java.util.List;

/// What several models wrote to the same prompts, side by side.
///
/// @param models names, the columns
public record DemoSheet(List<String> models, List<Row> rows) {
    public DemoSheet {
        models = List.copyOf(models);
        rows = List.copyOf(rows);
    }

    /// @param about what the prompt shows, in English and Chinese
    /// @param prompt as the model saw it
    /// @param chat whether it was a message in the model's chat format
    /// @param answers of each model, in their order
    public record Row(
            String about, String aboutChinese, String prompt, boolean chat, List<Written> answers) {
        public Row {
            answers = List.copyOf(answers);
        }
    }

    /// @param cut whether it ended at the limit of tokens
    public record Written(String text, int tokens, boolean cut) {}

    /// As one HTML file that needs nothing else.
    public String html() {
        var body = new StringBuilder();
        body.append("<h1>")
                .append(Html.both("The same prompts, side by side", "同一提示，并排对比"))
                .append("</h1>\n<p class=\"soft\">")
                .append(
                        Html.both(
                                "Greedy: always the most probable token, so the same command writes"
                                        + " the same sheet.",
                                "贪心解码：总取概率最大的词元，同一命令总得到同一张表。"))
                .append("</p>\n");
        for (Row row : rows) row(body, row);
        return Html.page(String.join(", ", models) + " · chuan eval demos", body.toString());
    }

    private void row(StringBuilder body, Row row) {
        body.append("<section>\n<h2>")
                .append(Html.both(row.about(), row.aboutChinese()))
                .append("</h2>\n<div class=\"card\"><span class=\"soft\">")
                .append(
                        row.chat()
                                ? Html.both("message", "对话消息")
                                : Html.both("text to be continued", "待续写文本"))
                .append("</span><div class=\"answer\">")
                .append(Html.escape(row.prompt()))
                .append("</div></div>\n<div class=\"pair\">\n");
        for (int i = 0; i < models.size(); i++) {
            Written written = row.answers().get(i);
            body.append("<div class=\"card\"><h3>")
                    .append(Html.escape(models.get(i)))
                    .append("</h3><div class=\"answer\">")
                    .append(Html.escape(written.text()))
                    .append("</div><p class=\"soft\">")
                    .append(
                            Html.both(
                                    written.tokens()
                                            + " tokens"
                                            + (written.cut() ? ", cut there" : ""),
                                    written.tokens() + " 词元" + (written.cut() ? "，到此截断" : "")))
                    .append("</p></div>\n");
        }
        body.append("</div></section>\n");
    }

    /// As text, one below the other.
    public String text() {
        var text = new StringBuilder();
        for (Row row : rows) {
            text.append("## ").append(row.about()).append("\n\n");
            text.append(row.prompt().indent(4)).append('\n');
            for (int i = 0; i < models.size(); i++) {
                Written written = row.answers().get(i);
                text.append(models.get(i)).append(":\n");
                text.append(written.text().strip().indent(4));
                if (written.cut())
                    text.append("    … (").append(written.tokens()).append(" tokens)\n");
                text.append('\n');
            }
        }
        return text.toString();
    }
}
