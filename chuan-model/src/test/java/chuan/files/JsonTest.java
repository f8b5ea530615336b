package chuan.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
    private static Json parse(String text) {
        return Json.parse(Path.of("x.json"), text.getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "[]",
                "{}",
                "[1,-0,0.5,1e-06,-1.25E+10,true,false,null]",
                "{\"a\":{\"b\":[\"\\u5ddd\\ud83d\\ude00\\\"\\\\\\u000a\"]}}"
            })
    void compactTextSurvives(String text) {
        assertThat(parse(text).compact()).isEqualTo(text);
        assertThat(parse(parse(text).pretty())).isEqualTo(parse(text));
    }

    @Test
    void stringsAreUnescaped() {
        assertThat(parse("\"\\b\\f\\n\\r\\t\\/\\u0041\u5ddd\""))
                .isEqualTo(new Json.Str("\b\f\n\r\t/A\u5ddd"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "[1,]",
                "{\"a\":1,}",
                "{a:1}",
                "'a'",
                "01",
                "1.",
                ".5",
                "+1",
                "1e",
                "-",
                "NaN",
                "Infinity",
                "nul",
                "\"\n\"",
                "\"\\x\"",
                "\"\\u12g4\"",
                "\"abc",
                "[1 2]",
                "{\"a\":1,\"a\":2}",
                "1 1",
                "{\"a\" 1}",
                "[1}",
                "\u00a01",
                "// x\n1"
            })
    void whatIsNotJsonIsRefusedWithAnOffset(String text) {
        assertThatThrownBy(() -> parse(text))
                .isInstanceOf(MalformedFileException.class)
                .hasMessageStartingWith("x.json: at byte ");
    }

    @Test
    void hostileSizesAreRefused() {
        assertThatThrownBy(() -> parse("[".repeat(100_000))).hasMessageContaining("64 levels");
        assertThatThrownBy(() -> parse("[" + "0,".repeat(600_000) + "0]"))
                .hasMessageContaining("500000 JSON values");
        assertThatThrownBy(() -> Json.parse(Path.of("x"), new byte[(16 << 20) + 1]))
                .hasMessageContaining("too much");
        assertThatThrownBy(() -> parse("1".repeat(1000))).hasMessageContaining("digits");
        assertThatThrownBy(() -> Json.parse(Path.of("x"), new byte[] {'"', (byte) 0xff, '"'}))
                .hasMessageContaining("UTF-8");
    }

    @Test
    void messagesStayOnOneLine() {
        assertThatThrownBy(() -> parse("{\"a\\n\\u001b[31m\":1,\"a\\n\\u001b[31m\":1}"))
                .hasMessageContaining("a\\u000a\\u001b[31m");
        assertThatThrownBy(() ->
                        parse("{\"" + "x".repeat(5000) + "\":1,\"" + "x".repeat(5000) + "\":1}"))
                .satisfies(e -> assertThat(String.valueOf(e.getMessage())).hasSizeLessThan(700));
    }
}
