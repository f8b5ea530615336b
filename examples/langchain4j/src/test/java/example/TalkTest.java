package example;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.engine.Chuan;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/// The example as a user runs it, on the model that comes with the repository.
class TalkTest {
    private static final Path MODEL =
            Path.of(System.getProperty("chuan.root", "../.."), "models/chuan-10m-chat");

    @Test
    void itPrintsWhatTheModelAnswersWithoutTheFramework() {
        var expected = new StringBuilder();
        try (var model = Chuan.open(MODEL)) {
            var first = model.chat("你好！").maxTokens(100).seed(42).run();
            var second = first.then("为什么？").run();
            expected.append("> 你好！\n").append(first.text()).append('\n');
            expected.append("> 为什么？\n").append(second.text()).append('\n');
            assertThat(first.text()).isNotBlank();
        }
        assertThat(output(MODEL.toString(), "你好！", "为什么？")).isEqualTo(expected.toString());
    }

    private static String output(String... arguments) {
        var bytes = new ByteArrayOutputStream();
        var before = System.out;
        System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        try {
            Talk.main(arguments);
        } finally {
            System.setOut(before);
        }
        return bytes.toString(StandardCharsets.UTF_8).replace("\r\n", "\n");
    }
}
