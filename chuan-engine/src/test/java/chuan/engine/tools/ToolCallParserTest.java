package chuan.engine.tools;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.engine.tools.ToolCallEvent.Arguments;
import chuan.engine.tools.ToolCallEvent.Call;
import chuan.engine.tools.ToolCallEvent.Content;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ToolCallParserTest {
    private static final String ANSWER =
            "我查一下 <b>…"
                    + ToolTemplate.call("天气", "{\"城市\": \"北\\\"}京\", \"n\": [1, {}]}")
                    + "\n"
                    + ToolTemplate.call("b", "{}");

    private static List<ToolCallEvent> parse(String text, SplittableRandom random) {
        var parser = new ToolCallParser();
        var events = new ArrayList<ToolCallEvent>();
        int at = 0;
        while (at < text.length()) {
            int end = Math.min(text.length(), at + 1 + random.nextInt(7));
            events.addAll(parser.accept(text.substring(at, end)));
            at = end;
        }
        events.addAll(parser.finish());
        return joined(events);
    }

    private static List<ToolCallEvent> joined(List<ToolCallEvent> events) {
        var out = new ArrayList<ToolCallEvent>();
        for (var event : events) {
            var last = out.isEmpty() ? null : out.getLast();
            if (event instanceof Content now && last instanceof Content before)
                out.set(out.size() - 1, new Content(before.text() + now.text()));
            else if (event instanceof Arguments now && last instanceof Arguments before)
                out.set(out.size() - 1, new Arguments(now.index(), before.text() + now.text()));
            else out.add(event);
        }
        return out;
    }

    @Test
    void callsComeOutWhole() {
        for (long seed = 0; seed < 300; seed++)
            assertThat(parse(ANSWER, new SplittableRandom(seed)))
                    .as("seed " + seed)
                    .containsExactly(
                            new Content("我查一下 <b>…"),
                            new Call(0, "天气"),
                            new Arguments(0, "{\"城市\": \"北\\\"}京\", \"n\": [1, {}]}"),
                            new Call(1, "b"),
                            new Arguments(1, "{}"));
    }

    @Test
    void theNameIsKnownBeforeTheArguments() {
        var parser = new ToolCallParser();
        assertThat(parser.accept("<tool_call>{\"name\": \"a\"")).containsExactly(new Call(0, "a"));
        assertThat(parser.accept(", \"arguments\": {\"x"))
                .containsExactly(new Arguments(0, "{\"x"));
    }

    @Test
    void whatIsNoCallIsText() {
        String text = "a <tool_call> is a marker, and <tool_cal";
        for (long seed = 0; seed < 100; seed++)
            assertThat(parse(text, new SplittableRandom(seed))).containsExactly(new Content(text));
    }
}
