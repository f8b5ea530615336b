package chuan.engine.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ToolCallParserTest {
    private static final Set<String> NAMES = Set.of("get_weather", "get", "查询天气", "a");
    private static final String CALL = "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": ";

    /// What an answer came out as.
    private static final class Read {
        final StringBuilder content = new StringBuilder();
        final List<ToolCall> calls = new ArrayList<>();
        private final StringBuilder arguments = new StringBuilder();
        private String name = "";

        void add(List<ToolDelta> deltas) {
            for (var delta : deltas)
                switch (delta) {
                    case ToolDelta.Content(String text) -> {
                        assertThat(text).isNotEmpty();
                        content.append(text);
                    }
                    case ToolDelta.Begin(int index, String called) -> {
                        end();
                        assertThat(index).isEqualTo(calls.size());
                        name = called;
                    }
                    case ToolDelta.Arguments(int index, String json) -> {
                        assertThat(json).isNotEmpty();
                        assertThat(index).isEqualTo(calls.size());
                        arguments.append(json);
                    }
                }
        }

        Read end() {
            if (!name.isEmpty()) calls.add(new ToolCall(name, arguments.toString()));
            arguments.setLength(0);
            name = "";
            return this;
        }
    }

    private static Read read(String text, int mostCalls, Random cuts) {
        var parser = new ToolCallParser(NAMES, mostCalls);
        var read = new Read();
        for (int at = 0; at < text.length(); ) {
            int end = Math.min(text.length(), at + cuts.nextInt(1, 9));
            read.add(parser.accept(text.substring(at, end)));
            at = end;
        }
        read.add(parser.finish());
        return read.end();
    }

    /// The answer cut at each place, and in random places.
    private static void check(String text, String content, ToolCall... calls) {
        long seed = System.nanoTime();
        var random = new Random(seed);
        for (int i = 0; i < 20; i++) {
            var read = read(text, 9, random);
            assertThat(read.content).as("seed %d", seed).hasToString(content);
            assertThat(read.calls).as("seed %d", seed).containsExactly(calls);
        }
        var parser = new ToolCallParser(NAMES, 9);
        var whole = new Read();
        whole.add(parser.accept(text));
        whole.add(parser.finish());
        assertThat(whole.end().content).hasToString(content);
        assertThat(whole.calls).containsExactly(calls);
    }

    @Test
    void whatIsNoCallIsContentToTheLastCharacter() {
        for (String text :
                List.of(
                        "",
                        "你好！\n\n  再见。 \n",
                        "<",
                        "a < b, <tool_call> in a line",
                        "<tool_cal",
                        "<tool_call",
                        "<tool_call>",
                        "<tool_call>\n",
                        "<tool_call>\nnothing",
                        "<tool_call>\n<tool_cal\n",
                        "<tool_call>\n{\"name\"",
                        "<tool_call>\n{\"name\": \"get_wea",
                        "<tool_call>\n{\"name\": \"nobody\", \"arguments\": {}}\n",
                        "<tool_call>\n{\"name\": \"get_weather2\", \"arguments\": {}}",
                        "<tool_call>\n{\"name\": \"ge\", \"arguments\": {}}",
                        "<tool_call>\n{\"arguments\": {}, \"name\": \"get\"}",
                        "text\n<tool_call>\n[1]")) check(text, text);
    }

    @Test
    void callsAreReadAsTheyWereWritten() {
        String arguments = "{\"城市\": \"北京}\\\"]\", \"days\" :[1,{\"x\":{}}, []]}";
        check(CALL + arguments + "}", "", new ToolCall("get_weather", arguments));
        check("好的。\n\n" + CALL + "{}}\n", "好的。", new ToolCall("get_weather", "{}"));
        check(
                "<tool_call>{ \"name\" :\"get\"\n,\"arguments\":{\"a\":\"\\\\\"} }  <",
                "  <",
                new ToolCall("get", "{\"a\":\"\\\\\"}"));
        check(
                CALL + "{}}\n" + CALL + "{\"b\":1}}\n\n<tool_call>\n{\"name\":\"查询天气\"}\n",
                "",
                new ToolCall("get_weather", "{}"),
                new ToolCall("get_weather", "{\"b\":1}"),
                new ToolCall("查询天气", "{}"));
    }

    @Test
    void aFalseBeginningDoesNotHideACall() {
        check("<tool_call>\n" + CALL + "{}}", "<tool_call>", new ToolCall("get_weather", "{}"));
        check(
                "<tool_call>\n{\"name\": \"no\n" + CALL + "{}}",
                "<tool_call>\n{\"name\": \"no",
                new ToolCall("get_weather", "{}"));
        check("说 <<" + CALL + "{}}", "说 <<", new ToolCall("get_weather", "{}"));
        check("<tool\n" + CALL + "{}}", "<tool", new ToolCall("get_weather", "{}"));
    }

    @Test
    void aCallThatBreaksAfterItsNameKeepsWhatItHas() {
        check(CALL + "{\"a\": [1, ", "", new ToolCall("get_weather", "{\"a\": [1, "));
        check(
                "<tool_call>\n{\"name\": \"get\", \"parameters\": {}}",
                ", \"parameters\": {}}",
                new ToolCall("get", ""));
        check(CALL + "{} oh", " oh", new ToolCall("get_weather", "{}"));
    }

    @Test
    void theNameComesWhenItsStringClosesAndArgumentsAsTheyAre() {
        var parser = new ToolCallParser(NAMES, 9);
        assertThat(parser.accept("好\n<tool_call>\n{\"name\": \"get"))
                .containsExactly(new ToolDelta.Content("好"));
        assertThat(parser.accept("\"")).containsExactly(new ToolDelta.Begin(0, "get"));
        assertThat(parser.accept(", \"arguments\": ")).isEmpty();
        assertThat(parser.accept("{ \"a")).containsExactly(new ToolDelta.Arguments(0, "{ \"a"));
        assertThat(parser.accept("\" :")).containsExactly(new ToolDelta.Arguments(0, "\" :"));
        assertThat(parser.accept("1}}\n")).containsExactly(new ToolDelta.Arguments(0, "1}"));
        assertThat(parser.finish()).isEmpty();
        assertThat(parser.calls()).isEqualTo(1);
    }

    @Test
    void behindTheLastCallThatIsAllowedNothingCounts() {
        String text = "x\n" + CALL + "{}}\n" + CALL + "{}}\nmore";
        var read = read(text, 1, new Random(1));
        assertThat(read.content).hasToString("x");
        assertThat(read.calls).containsExactly(new ToolCall("get_weather", "{}"));
    }

    /// Random answers from parts of known meaning.
    @Test
    void randomAnswersComeOutAsTheyWereMade() {
        long seed = System.nanoTime();
        var random = new Random(seed);
        String[] contents = {"", "好的", "<tool", "a\nb", "{\"name\": \"get\"}", "😀 <tool_call>"};
        String[] values = {
            "1", "\"}\"", "[{}]", "\"\\\"{\"", "{\"x\": [\"]\"]}", "\"<tool_call>\""
        };
        for (int run = 0; run < 2000; run++) {
            String content = contents[random.nextInt(contents.length)];
            var calls = new ArrayList<ToolCall>();
            for (int i = random.nextInt(4); i > 0; i--) {
                var names = List.copyOf(NAMES);
                calls.add(
                        new ToolCall(
                                names.get(random.nextInt(names.size())),
                                "{\"k\": " + values[random.nextInt(values.length)] + "}"));
            }
            var read = read(ToolTemplate.calls(content, calls), 9, random);
            assertThat(read.content).as("seed %d, run %d", seed, run).hasToString(content);
            assertThat(read.calls).as("seed %d, run %d", seed, run).isEqualTo(calls);
        }
    }
}
