package chuan.eval.report;

import chuan.eval.report.PairedFigures.Change;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/// A [RunComparison] as one HTML file that needs nothing else.
public final class HtmlComparison {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private HtmlComparison() {}

    public static String of(RunComparison comparison) {
        String first = Report.examinee(comparison.first());
        String second = Report.examinee(comparison.second());
        var body = new StringBuilder();
        body.append("<p class=\"soft\">")
                .append(Html.both("Comparison over the same questions", "相同题目的对比"))
                .append("</p>\n<h1>")
                .append(Html.escape(first))
                .append(" → ")
                .append(Html.escape(second))
                .append("</h1>\n");
        for (int i = 0; i < comparison.tasks().size(); i++)
            task(body, comparison.tasks().get(i), "changes-" + i);
        if (!comparison.alone().isEmpty())
            body.append("<p>")
                    .append(Html.both("In one run only: ", "仅一方有："))
                    .append(Html.escape(String.join(", ", comparison.alone())))
                    .append("</p>\n");
        body.append("<h2>").append(Html.both("How it was measured", "测量方式")).append("</h2>\n");
        body.append("<p class=\"soft\">")
                .append(
                        Html.both(
                                "Intervals of 95 %% by the percentile bootstrap over pairs, %,d resamples, seed %d."
                                        .formatted(
                                                comparison.bootstrap().resamples(),
                                                comparison.bootstrap().seed()),
                                "95 %% 置信区间：成对百分位自助法，%,d 次重抽样，种子 %d。"
                                        .formatted(
                                                comparison.bootstrap().resamples(),
                                                comparison.bootstrap().seed())))
                .append("</p>\n<div class=\"pair\"><div>\n");
        HtmlReport.facts(body, comparison.first().facts());
        body.append("</div><div>\n");
        HtmlReport.facts(body, comparison.second().facts());
        body.append("</div></div>\n");
        return Html.page(first + " → " + second + " · chuan eval", body.toString());
    }

    private static void task(StringBuilder body, PairedFigures task, String id) {
        body.append("<section>\n<h2>")
                .append(Html.escape(task.first().title()))
                .append("</h2>\n<p>")
                .append(
                        Html.both(
                                "%,d questions answered alike, %,d not."
                                        .formatted(task.same(), task.changed().size()),
                                "%,d 题答案相同，%,d 题不同。".formatted(task.same(), task.changed().size())))
                .append("</p>\n<div class=\"card\"><table><thead><tr>");
        for (String[] head :
                new String[][] {
                    {"%", "%"},
                    {"first", "前者"},
                    {"second", "后者"},
                    {"difference", "差"},
                    {"right in first only", "仅前者对"},
                    {"right in second only", "仅后者对"},
                    {"p (McNemar, mid-p)", "p（McNemar，mid-p）"},
                    {"p (Holm)", "p（Holm）"}
                })
            body.append("<th scope=\"col\">").append(Html.both(head[0], head[1])).append("</th>");
        body.append("</tr></thead><tbody>\n");
        for (var column : task.columns()) row(body, column);
        body.append("</tbody></table></div>\n");
        changes(body, task, id);
        body.append("</section>\n");
    }

    private static void row(StringBuilder body, PairedFigures.Column column) {
        boolean clear = column.adjusted() < 0.05;
        String kind =
                !clear
                        ? ""
                        : column.difference().value() > 0
                                ? " class=\"better\""
                                : " class=\"worse\"";
        body.append("<tr><th scope=\"row\">")
                .append(Html.column(column.name()))
                .append("</th><td>");
        body.append(TextReport.percent(column.first())).append("</td><td>");
        body.append(TextReport.percent(column.second()))
                .append("</td><td")
                .append(kind)
                .append('>');
        body.append(RunComparison.signed(column.difference().value()))
                .append("<span class=\"interval\">")
                .append(RunComparison.signedInterval(column.difference().interval()))
                .append("</span></td><td>");
        body.append(String.format(Locale.ROOT, "%,d", column.test().onlyFirst()))
                .append("</td><td>");
        body.append(String.format(Locale.ROOT, "%,d", column.test().onlySecond()))
                .append("</td><td>");
        body.append(Html.escape(RunComparison.probability(column.test().mid())))
                .append("</td><td>");
        body.append(Html.escape(RunComparison.probability(column.adjusted())))
                .append("</td></tr>\n");
    }

    private static void changes(StringBuilder body, PairedFigures task, String id) {
        body.append("<h3>")
                .append(Html.both("Questions answered differently", "答案不同的题目"))
                .append("</h3>\n<div class=\"card questions\" data-changes=\"")
                .append(id)
                .append(
                        """
                        ">
                        <div class="filters">
                        <input type="search" data-en="search: subject, number, hash" data-zh="搜索：科目、题号、哈希">
                        <select class="subject" data-en="subject" data-zh="科目"><option value="" data-en="all subjects" data-zh="全部科目">all subjects</option></select>
                        <select class="outcome" data-en="outcome" data-zh="结果">
                        <option value="" data-en="all changes" data-zh="全部变化">all changes</option>
                        <option value="won" data-en="second is better" data-zh="后者更好">second is better</option>
                        <option value="lost" data-en="first is better" data-zh="前者更好">first is better</option>
                        <option value="even" data-en="same credit" data-zh="得分相同">same credit</option>
                        </select></div>
                        <table><thead><tr>
                        """);
        for (String[] head :
                new String[][] {
                    {"subject", "科目"},
                    {"number", "题号"},
                    {"key", "答案"},
                    {"first", "前者"},
                    {"second", "后者"},
                    {"prompt", "提示哈希"}
                })
            body.append("<th scope=\"col\">").append(Html.both(head[0], head[1])).append("</th>");
        body.append(
                """
                </tr></thead><tbody></tbody></table>
                <noscript>JavaScript is off: chuan eval compare --json lists the changes.</noscript>
                <div class="pager"><button type="button" data-en="back" data-zh="上一页">back</button>
                <button type="button" data-en="next" data-zh="下一页">next</button>
                <span class="state soft" role="status"></span></div></div>
                """);
        var rows = new ArrayList<List<@Nullable Object>>();
        for (Change change : task.changed()) rows.add(row(task, change));
        body.append(Html.data(id, JSON.writeValueAsString(rows)));
    }

    /// As page.js reads it.
    private static List<@Nullable Object> row(PairedFigures task, Change change) {
        var first = change.first().verdict();
        var second = change.second().verdict();
        return new ArrayList<>(
                List.of(
                        change.first().subject(),
                        task.first()
                                .titles()
                                .getOrDefault(change.first().subject(), change.first().subject()),
                        change.first().index(),
                        String.join(", ", change.first().key()),
                        first.choice(),
                        first.credit(),
                        second.choice(),
                        second.credit(),
                        change.first().promptHash()));
    }
}
