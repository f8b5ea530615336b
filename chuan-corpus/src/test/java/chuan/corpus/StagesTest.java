package chuan.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class StagesTest {
    private static final SourceRules PAIRS =
            new SourceRules(false, false, true, true, true, 0, 1, List.of());

    private static Document document(String lang, String text) {
        return new Document("id", lang, "s", "", "", text);
    }

    @Test
    void boilerplateIsWhatManyDocumentsShare() {
        var boilerplate = new Boilerplate();
        for (int i = 0; i < 20; i++) {
            boilerplate.count("Site header\nOwn text " + i + "\nshared by few " + i / 4);
        }
        boilerplate.settled();
        assertThat(boilerplate.strip("Site header\nOwn text 3\nshared by few 0"))
                .isEqualTo("Own text 3\nshared by few 0");
    }

    @Test
    void aFewDocumentsHaveNoBoilerplate() {
        var boilerplate = new Boilerplate();
        for (int i = 0; i < 7; i++) {
            boilerplate.count("Header");
        }
        assertThat(boilerplate.settled().strip("Header")).isEqualTo("Header");
    }

    @Test
    void traditionalLinesAreSeen() {
        assertThat(Language.isTraditional("湯姆給瑪麗在她桌上留了便條。")).isTrue();
        assertThat(Language.isTraditional("似乎很明顯他病了。")).isTrue();
        assertThat(Language.isTraditional("汤姆住在一个小渔村，著名的后面有台灯。")).isFalse();
    }

    @Test
    void pairsStayOrGoTogether() {
        Document pairs = document("zh", "我環顧四周，卻沒看見。\nI looked around.\n汤姆很健康。\nTom is well.");
        assertThat(Language.keepLines(pairs, PAIRS)).isEqualTo("汤姆很健康。\nTom is well.");
    }

    @Test
    void untranslatedParagraphsGo() {
        Document page =
                document(
                        "zh",
                        "您可以连接到服务器。\nTo browse files over the network, open the Files application.");
        assertThat(Language.keepLines(page, SourceRules.PLAIN)).isEqualTo("您可以连接到服务器。");
    }

    @Test
    void languageMustMatch() {
        assertThat(
                        Language.matches(
                                document("zh", "中文 English words are many here"),
                                SourceRules.PLAIN))
                .isFalse();
        assertThat(Language.matches(document("en", "Only 中 one"), SourceRules.PLAIN)).isFalse();
        assertThat(Language.matches(document("zh", "主要是中文 API"), SourceRules.PLAIN)).isTrue();
    }

    @Test
    void qualityNamesTheFault() {
        String prose =
                "The fox ran over the hill and into the wood, where it slept until the morning.";
        assertThat(Quality.fault(document("en", prose), SourceRules.PLAIN)).isEmpty();
        assertThat(Quality.fault(document("en", "Short."), SourceRules.PLAIN))
                .hasValue("too short");
        assertThat(
                        Quality.fault(
                                document("en", prose + " 1990 2000 2010 2020 12345678"),
                                SourceRules.PLAIN))
                .hasValue("many digits");
        assertThat(
                        Quality.fault(
                                document("en", prose + " a=b; {c} [d] <e> /f/ #g"),
                                SourceRules.PLAIN))
                .hasValue("many symbols");
        assertThat(
                        Quality.fault(
                                document(
                                        "en",
                                        "Alpha beta gamma\n".repeat(4) + "Delta word\n".repeat(5)),
                                SourceRules.PLAIN))
                .hasValue("list of short lines");
        assertThat(Quality.fault(document("en", (prose + "\n").repeat(3)), SourceRules.PLAIN))
                .hasValue("repeats itself");
    }

    @Test
    void repeatedShareCountsLaterCopiesOnly() {
        String sentence = "a sentence of more than twenty letters";
        String text = sentence + ". " + sentence + ".";
        assertThat(Quality.repeatedShare(text))
                .isEqualTo((double) sentence.length() / text.length());
    }

    @Test
    void stableHashIsSha256() {
        // First eight bytes of SHA-256("abc"), FIPS 180-4 example.
        assertThat(Hash.stable("abc")).isEqualTo(0xba7816bf8f01cfeaL);
    }

    @Test
    void holdOutTakesItsShare() {
        var holdOut = new HoldOut(0.01);
        int taken = 0;
        int documents = 100_000;
        for (int i = 0; i < documents; i++) {
            taken += holdOut.takes("doc/" + i) ? 1 : 0;
        }
        double sigma = Math.sqrt(documents * 0.01 * 0.99);
        System.out.printf("held out %d of %d (sigma %.1f)%n", taken, documents, sigma);
        assertThat((double) taken).isCloseTo(1000, within(4 * sigma));
    }

    @Test
    void longParagraphsAreReadOnce() {
        String essay = "这是一段足够长的文字，它在两个集子里各出现一次，所以第二次应当删去，只留下第一次出现的那一段，此外都不动它，一个字也不动。";
        var paragraphs = new RepeatedParagraphs();
        assertThat(paragraphs.strip("甲\n" + essay)).isEqualTo("甲\n" + essay);
        assertThat(paragraphs.strip(essay + "\n乙")).isEqualTo("乙");
    }

    @Test
    void sampleFollowsTheWeights() {
        List<Mix.Item> items = new ArrayList<>();
        for (int i = 0; i < 4000; i++) {
            items.add(new Mix.Item(i, "en", "a" + i, 10, 1));
            items.add(new Mix.Item(4000 + i, "en", "b" + i, 10, 3));
            items.add(new Mix.Item(8000 + i, "zh", "c" + i, 10, 1));
            items.add(new Mix.Item(12000 + i, "en", "d" + i, 10, 0));
        }
        Set<Integer> picked = new TreeSet<>();
        Mix.sample(items, "en", 4000, picked::add);
        assertThat(picked).hasSize(400).allMatch(i -> i < 8000);
        long heavy = picked.stream().filter(i -> i >= 4000).count();
        System.out.println("documents of weight 3 among 400: " + heavy);
        // Binomial(400, 3/4): mean 300, sigma 8.7.
        assertThat((double) heavy).isCloseTo(300, within(35.0));
    }

    @Test
    void utf8LengthIsTheEncodedLength() {
        String text = "aé中😀\uD800";
        assertThat(Utf8.length(text))
                .isEqualTo(text.getBytes(java.nio.charset.StandardCharsets.UTF_8).length);
    }
}
