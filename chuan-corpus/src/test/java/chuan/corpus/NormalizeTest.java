package chuan.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NormalizeTest {
    @Test
    void lineEndsBecomeLineFeeds() {
        assertThat(Normalize.text("a\r\nb\rc\u2028d")).isEqualTo("a\nb\nc\nd");
    }

    @Test
    void invisibleCharactersGo() {
        assertThat(Normalize.text("\uFEFFso\u00ADft\u200B zero\u0000\u001B"))
                .isEqualTo("soft zero");
    }

    @Test
    void everySpaceIsPlain() {
        assertThat(Normalize.text("a\u00A0b\u3000c\u2009d")).isEqualTo("a b c d");
    }

    @Test
    void fullWidthLettersNarrowButPunctuationStays() {
        assertThat(Normalize.text("Ａ１ｚ，。！（）；")).isEqualTo("A1z，。！（）；");
    }

    @Test
    void composesAccents() {
        assertThat(Normalize.text("e\u0301")).isEqualTo("é");
    }

    @Test
    void oldSpellingOfMe() {
        assertThat(Normalize.text("为什幺这幺小？幺妹")).isEqualTo("为什么这么小？幺妹");
    }

    @Test
    void loneSurrogatesGo() {
        assertThat(Normalize.text("a\uD800b😀")).isEqualTo("ab😀");
    }
}
