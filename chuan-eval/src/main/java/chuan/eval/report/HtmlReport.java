package chuan.eval.report;

import chuan.eval.Result;
import chuan.eval.report.PaperFigures.Column;
import chuan.eval.report.PaperFigures.Mean;
import chuan.eval.report.PaperFigures.Standing;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/// A [Report] as one HTML file that needs nothing else: no network, no server.
public final class HtmlReport {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private HtmlReport() {}

    /// @param texts whether what the model wrote is in it too; the licences of most sets forbid to
    ///   pass their questions on, and answers may repeat them
    public static String of(Report report, boolean texts) {
        var examination = report.examination();
        String model = Report.examinee(examination);
        var body = new StringBuilder();
        body.append("<p class=\"soft\">")
                .append(Html.both("Examination of", "评测对象"))
                .append("</p>\n<h1>")
                .append(Html.escape(model))
                .append("</h1>\n");
        for (int i = 0; i < report.papers().size(); i++)
            new Section(body, report, report.papers().get(i), i, texts).write();
        body.append("<h2>").append(Html.both("How it was measured", "测量方式")).append("</h2>\n");
        facts(body, examination.facts());
        return Html.page(model + " · chuan eval", body.toString());
    }

    static void facts(StringBuilder body, Map<String, Object> facts) {
        if (facts.isEmpty()) return;
        body.append("<div class=\"card\"><dl>\n");
        facts.forEach((key, value) ->
                body.append("<dt>")
                        .append(Html.escape(key.replace('_', ' ')))
                        .append("</dt><dd>")
                        .append(Html.escape(value.toString()))
                        .append("</dd>\n"));
        body.append("</dl></div>\n");
    }

    /// One task.
    private record Section(
            StringBuilder body, Report report, PaperFigures figures, int number, boolean texts) {

        void write() {
            var paper = figures.paper();
            body.append("<section>\n<h2>").append(Html.escape(paper.title())).append("</h2>\n");
            if (Report.scored(paper)) {
                verdict();
                table();
                counts();
                subjects();
                pictures();
                questions();
            }
            if (!paper.measures().isEmpty()) HtmlMeasures.write(body, paper.measures());
            heading("Protocol", "评测协议");
            facts(body, paper.facts());
            body.append("</section>\n");
        }

        private void heading(String english, String chinese) {
            body.append("<h3>").append(Html.both(english, chinese)).append("</h3>\n");
        }

        private void verdict() {
            Column column = figures.average();
            Mean mean = figures.official(column);
            body.append("<p class=\"verdict\">")
                    .append(Html.column(column.name()))
                    .append(" <strong>")
                    .append(TextReport.percent(mean.value()))
                    .append("</strong> ")
                    .append(
                            Html.both(
                                    "% (95 %: " + TextReport.interval(mean.interval()) + ")",
                                    "%（95 % 置信区间 " + TextReport.interval(mean.interval()) + "）"))
                    .append(' ')
                    .append(standing(column.standing()))
                    .append("</p>\n");
        }

        private String standing(Standing standing) {
            String chance = TextReport.percent(figures.paper().chance());
            return switch (standing) {
                case LIKE_GUESSING ->
                        "<span class=\"guess\">"
                                + Html.both(
                                        "not different from guessing (" + chance + ")",
                                        "与随机猜测（" + chance + "）无差别")
                                + "</span>";
                case BELOW ->
                        "<span class=\"guess\">"
                                + Html.both(
                                        "below guessing (" + chance + ")", "低于随机猜测（" + chance + "）")
                                + "</span>";
                case ABOVE ->
                        "<span class=\"soft\">"
                                + Html.both(
                                        "above guessing (" + chance + ")", "高于随机猜测（" + chance + "）")
                                + "</span>";
                case NOT_COMPARED -> "";
            };
        }

        private void table() {
            body.append("<div class=\"card\"><table>\n<caption>")
                    .append(
                            Double.isNaN(figures.paper().chance())
                                    ? Html.both("Percent, with intervals of 95 %", "百分比与 95 % 置信区间")
                                    : Html.both(
                                            "Percent, with intervals of 95 %; ° not different from"
                                                    + " guessing",
                                            "百分比与 95 % 置信区间；° 与随机猜测无差别"))
                    .append("</caption>\n<thead><tr><th scope=\"col\"></th>");
            for (Column column : figures.columns())
                body.append("<th scope=\"col\">")
                        .append(Html.column(column.name()))
                        .append("</th>");
            body.append("</tr></thead>\n<tbody class=\"measured\">\n");
            boolean macro = figures.macroIsOfficial();
            measured(macro, true);
            measured(!macro, false);
            body.append("</tbody>\n");
            for (Published published : Published.of(figures.paper().task())) published(published);
            body.append("</table></div>\n");
        }

        private void measured(boolean macro, boolean official) {
            Function<Column, Mean> mean = c -> macro ? c.macro() : c.micro();
            body.append(official ? "<tr class=\"official\">" : "<tr>")
                    .append("<th scope=\"row\">")
                    .append(
                            official
                                    ? Html.both("measured here", "本次测量")
                                    : Html.both("measured here", "本次测量"))
                    .append("<span class=\"interval\">")
                    .append(
                            macro
                                    ? Html.both("mean of subjects", "各科目平均")
                                    : Html.both("mean of questions", "各题目平均"))
                    .append("</span></th>");
            for (Column column : figures.columns()) {
                Mean of = mean.apply(column);
                boolean mark = official && column.standing() == Standing.LIKE_GUESSING;
                body.append("<td>")
                        .append(TextReport.percent(of.value()))
                        .append(mark ? "<span class=\"mark\">°</span>" : "")
                        .append("<span class=\"interval\">")
                        .append(TextReport.interval(of.interval()))
                        .append("</span></td>");
            }
            body.append("</tr>\n");
        }

        private void published(Published published) {
            int columns = figures.columns().size() + 1;
            body.append("<tbody class=\"published\">\n<tr class=\"source\"><th colspan=\"")
                    .append(columns)
                    .append("\" scope=\"rowgroup\">")
                    .append(
                            Html.both(
                                    "published elsewhere, "
                                            + published.shots()
                                            + "-shot: "
                                            + published.source(),
                                    "他处公布（" + published.shots() + "-shot）：" + published.source()))
                    .append(" · ")
                    .append(Html.escape(published.url()))
                    .append("</th></tr>\n");
            for (String model : published.rows().keySet()) {
                body.append("<tr><th scope=\"row\">").append(Html.escape(model)).append("</th>");
                for (Column column : figures.columns())
                    body.append("<td>")
                            .append(TextReport.published(published.value(model, column.name())))
                            .append("</td>");
                body.append("</tr>\n");
            }
            body.append("</tbody>\n");
        }

        private void counts() {
            var counts = figures.counts();
            body.append("<div class=\"card counts\">\n");
            count(whole(counts.questions()), "questions", "题目");
            count(whole(counts.right()), "right", "答对");
            count(whole(counts.unparsed()), "answers not readable", "答案无法解析");
            count(whole(counts.failed()), "could not be asked", "未能提问");
            count(whole(counts.dropped()), "prompts lost examples", "提示删减了示例");
            count(whole(counts.promptTokens()), "tokens read", "读入词元");
            if (counts.writtenTokens() > 0)
                count(whole(counts.writtenTokens()), "tokens written", "生成词元");
            if (counts.seconds() > 0)
                count(
                        String.format(Locale.ROOT, "%.1f", counts.questions() / counts.seconds()),
                        "questions a second",
                        "题/秒");
            if (figures.calibration().questions() > 0)
                count(
                        String.format(Locale.ROOT, "%.1f %%", 100 * figures.calibration().error()),
                        "calibration error",
                        "校准误差");
            body.append("</div>\n");
        }

        private void count(String value, String english, String chinese) {
            body.append("<div><b>")
                    .append(value)
                    .append("</b><span class=\"what\">")
                    .append(Html.both(english, chinese))
                    .append("</span></div>\n");
        }

        private void subjects() {
            if (figures.subjects().size() < 2) return;
            if (HtmlGrid.fits(figures.subjects())) {
                heading("By length and depth", "按长度与深度");
                body.append("<div class=\"card\">\n")
                        .append(HtmlGrid.of(figures.subjects()))
                        .append("</div>\n");
                return;
            }
            heading("Subjects", "各科目");
            body.append("<div class=\"card\">\n")
                    .append(Charts.subjects(figures.subjects(), figures.paper().chance()))
                    .append("<details><summary>")
                    .append(Html.both("As a table", "表格"))
                    .append("</summary>\n<table><thead><tr>");
            for (String[] head :
                    new String[][] {
                        {"subject", "科目"},
                        {"questions", "题目"},
                        {"%", "%"},
                        {"95 % (Wilson)", "95 %（Wilson）"}
                    })
                body.append("<th scope=\"col\">")
                        .append(Html.both(head[0], head[1]))
                        .append("</th>");
            body.append("</tr></thead><tbody>\n");
            for (var subject : figures.subjects())
                body.append("<tr><th scope=\"row\">")
                        .append(Html.escape(subject.title()))
                        .append(" <span class=\"soft\">")
                        .append(Html.escape(subject.name()))
                        .append("</span></th><td>")
                        .append(subject.mean().questions())
                        .append("</td><td>")
                        .append(TextReport.percent(subject.mean().value()))
                        .append(
                                subject.standing() == Standing.LIKE_GUESSING
                                        ? "<span class=\"mark\">°</span>"
                                        : "")
                        .append("</td><td>")
                        .append(TextReport.interval(subject.mean().interval()))
                        .append("</td></tr>\n");
            body.append("</tbody></table></details></div>\n");
        }

        private void pictures() {
            boolean calibrated = figures.calibration().questions() > 0;
            boolean lettered = !figures.letters().letters().isEmpty();
            if (!calibrated && !lettered) return;
            body.append("<div class=\"pair\">\n");
            if (calibrated) {
                body.append("<div class=\"card\">");
                heading("Is it right as often as it is sure?", "把握与正确率");
                body.append(Charts.calibration(figures.calibration())).append("</div>\n");
            }
            if (lettered) {
                body.append("<div class=\"card\">");
                heading("Which letters does it choose?", "选项字母偏好");
                body.append(Charts.letters(figures.letters()))
                        .append("<p class=\"soft\">")
                        .append(
                                Html.both(
                                        TextReport.percent(figures.letters().distance())
                                                + " % of the answers would have to change for"
                                                + " equal shares",
                                        "须改动 "
                                                + TextReport.percent(figures.letters().distance())
                                                + " % 的答案，两种分布才会相同"))
                        .append("</p></div>\n");
            }
            body.append("</div>\n");
        }

        private void questions() {
            String id = "questions-" + number;
            heading("Questions", "题目");
            body.append("<div class=\"card questions\" data-questions=\"")
                    .append(id)
                    .append(
                            """
                            ">
                            <div class="filters">
                            <input type="search" data-en="search: subject, number, hash" data-zh="搜索：科目、题号、哈希">
                            <select class="subject" data-en="subject" data-zh="科目"><option value="" data-en="all subjects" data-zh="全部科目">all subjects</option></select>
                            <select class="outcome" data-en="outcome" data-zh="结果">
                            <option value="" data-en="all outcomes" data-zh="全部结果">all outcomes</option>
                            <option value="right" data-en="right" data-zh="答对">right</option>
                            <option value="wrong" data-en="wrong" data-zh="答错">wrong</option>
                            <option value="unparsed" data-en="not readable" data-zh="无法解析">not readable</option>
                            <option value="failed" data-en="could not be asked" data-zh="未能提问">could not be asked</option>
                            <option value="dropped" data-en="lost examples" data-zh="删减了示例">lost examples</option>
                            </select></div>
                            <table><thead><tr>
                            """);
            for (String[] head : heads())
                body.append("<th scope=\"col\">")
                        .append(Html.both(head[0], head[1]))
                        .append("</th>");
            body.append(
                    """
                    </tr></thead><tbody></tbody></table>
                    <noscript>JavaScript is off: the questions stand in the result file.</noscript>
                    <div class="pager"><button type="button" data-en="back" data-zh="上一页">back</button>
                    <button type="button" data-en="next" data-zh="下一页">next</button>
                    <span class="state soft" role="status"></span></div></div>
                    """);
            var rows = new ArrayList<List<@Nullable Object>>();
            for (Result result : figures.paper().results()) rows.add(row(result));
            body.append(Html.data(id, JSON.writeValueAsString(rows)));
        }

        private List<String[]> heads() {
            var heads =
                    new ArrayList<>(
                            List.of(
                                    new String[] {"subject", "科目"},
                                    new String[] {"number", "题号"},
                                    new String[] {"examples", "示例"},
                                    new String[] {"key", "答案"},
                                    new String[] {"chosen", "所选"},
                                    new String[] {"credit", "得分"},
                                    new String[] {"scores", "各选项分数"},
                                    new String[] {"tokens", "词元"},
                                    new String[] {"ms", "毫秒"},
                                    new String[] {"prompt", "提示哈希"}));
            if (texts) heads.add(new String[] {"written", "模型输出"});
            return heads;
        }

        /// As page.js reads it.
        private List<@Nullable Object> row(Result result) {
            var verdict = result.verdict();
            var scores = new ArrayList<@Nullable Double>();
            for (double score : verdict.scores())
                scores.add(Double.isFinite(score) ? Math.rint(score * 1e4) / 1e4 : null);
            var row =
                    new ArrayList<@Nullable Object>(
                            List.of(
                                    result.subject(),
                                    figures.paper()
                                            .titles()
                                            .getOrDefault(result.subject(), result.subject()),
                                    result.index(),
                                    result.shots(),
                                    result.dropped(),
                                    String.join(", ", result.key()),
                                    verdict.choice(),
                                    verdict.outcome().name().toLowerCase(Locale.ROOT),
                                    verdict.credit(),
                                    scores,
                                    result.promptTokens(),
                                    Math.round(result.seconds() * 1e5) / 100.0,
                                    result.promptHash()));
            if (texts)
                row.add(
                        result.failure().isEmpty()
                                ? String.join("\n\n", result.replies())
                                : result.failure());
            return row;
        }

        private static String whole(long value) {
            return String.format(Locale.ROOT, "%,d", value);
        }
    }
}
