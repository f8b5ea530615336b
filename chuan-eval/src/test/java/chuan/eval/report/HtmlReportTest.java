package chuan.eval.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class HtmlReportTest {
    private static final Bootstrap QUICK = new Bootstrap(1, 500);

    private static String page() {
        return HtmlReport.of(Report.of(Runs.examination("a-model", 0.4, 5), QUICK), false);
    }

    @Test
    void needsNothingFromElsewhere() {
        assertThat(page())
                .contains("default-src 'none'")
                .doesNotContainPattern("(?i)<(link|img|iframe|object|embed|base)\\b")
                .doesNotContainPattern("(?i)\\b(src|href)=\"(?!#)")
                .doesNotContainPattern("(?i)@import|url\\(|fetch\\(|XMLHttpRequest|WebSocket");
    }

    @Test
    void whatRunsHoldStaysText() {
        String page = page();

        assertThat(page).doesNotContain("<script>alert").doesNotContain("<b>Cooking");
        assertThat(page).contains("&lt;script&gt;alert(1)").contains("&lt;b&gt;Cooking");
        assertThat(Pattern.compile("<script").matcher(page).results()).hasSize(2);
    }

    @Test
    void everyQuestionIsInItByItsHash() {
        String page = page();
        var data =
                Pattern.compile("id=\"questions-0\">(.*?)</script>", Pattern.DOTALL).matcher(page);

        assertThat(data.find()).isTrue();
        var rows = JsonMapper.builder().build().readTree(data.group(1));
        assertThat(rows.size()).isEqualTo(130);
        assertThat(rows.get(129).get(0).stringValue()).isEqualTo("cooking");
        assertThat(rows.get(129).get(12).stringValue()).matches("[0-9a-f]{64}");
    }

    @Test
    void measuredAndPublishedRowsStandApart() {
        String page = page();

        int measured = page.indexOf("<tbody class=\"measured\">");
        int published = page.indexOf("<tbody class=\"published\">");
        assertThat(measured).isPositive();
        assertThat(published).isGreaterThan(measured);
        assertThat(page.substring(measured, published)).doesNotContain("Baichuan");
        assertThat(page.substring(published)).contains("Baichuan-13B README");
    }

    @Test
    void everyLabelIsThereInBothLanguages() {
        String page = page();

        assertThat(Pattern.compile("lang=\"en\"").matcher(page).results().count() - 1)
                .isEqualTo(Pattern.compile("lang=\"zh\"").matcher(page).results().count() - 1);
        assertThat(Pattern.compile("data-en=").matcher(page).results().count())
                .isEqualTo(Pattern.compile("data-zh=").matcher(page).results().count());
    }
}
