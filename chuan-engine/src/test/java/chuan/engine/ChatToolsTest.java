package chuan.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import chuan.engine.tools.Tool;
import chuan.engine.tools.ToolCall;
import chuan.engine.tools.ToolChoice;
import chuan.engine.tools.ToolDelta;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Conversations with tools, on a model that says something else after every prompt: what it sees
/// is compared with what was written down by hand.
@Timeout(60)
class ChatToolsTest {
    private static final String QUESTION = "哪座山最高？";
    private static final Tool HEIGHT =
            new Tool(
                    "height",
                    "高度",
                    """
                    {"type":"object","properties":{"山":{"enum":["泰山","华山"]},
                    "unit":{"type":"string","pattern":"^(m|km)$"}},"required":["山","unit"]}\
                    """);
    private static final Tool CLOCK = new Tool("clock", "", "");

    private static LanguageModel model() {
        return new LanguageModel(Toys.engine(Toys.hashing(16_384, 6)), SchedulerOptions.defaults());
    }

    private static ChatCall required(LanguageModel model) {
        return model.chat(QUESTION).tools(HEIGHT, CLOCK).toolChoice(new ToolChoice.Required());
    }

    private static void isValid(ToolCall call) {
        JsonNode arguments = new JsonMapper().readTree(call.arguments());
        if (call.name().equals("clock")) {
            assertThat(arguments.isObject() && arguments.isEmpty()).isTrue();
            return;
        }
        assertThat(call.name()).isEqualTo("height");
        assertThat(arguments.propertyNames()).containsExactlyInAnyOrder("山", "unit");
        assertThat(arguments.get("山").asString()).isIn("泰山", "华山");
        assertThat(arguments.get("unit").asString()).isIn("m", "km");
    }

    @Test
    void aDemandedCallIsValidAndMayBeOneOfSeveral() {
        try (var model = model()) {
            int several = 0;
            for (int seed = 0; seed < 12; seed++) {
                var reply = required(model).temperature(1).seed(seed).run();
                assertThat(reply.text()).isEmpty();
                assertThat(reply.result().finishReason()).isEqualTo(FinishReason.STOP);
                assertThat(reply.calls()).isNotEmpty().allSatisfy(ChatToolsTest::isValid);
                if (reply.calls().size() > 1) several++;
                var one = required(model).parallelToolCalls(false).temperature(1).seed(seed).run();
                assertThat(one.calls()).hasSize(1).allSatisfy(ChatToolsTest::isValid);
                var named =
                        model.chat(QUESTION)
                                .tools(HEIGHT, CLOCK)
                                .toolChoice(new ToolChoice.Named("clock"))
                                .temperature(1)
                                .seed(seed)
                                .run();
                assertThat(named.calls()).containsExactly(new ToolCall("clock", "{}"));
            }
            assertThat(several).isPositive();
        }
    }

    @Test
    void aStreamHasTheCallsOneAfterTheOtherAndNoTextOfThem() {
        try (var model = model()) {
            for (int seed = 0; seed < 8; seed++) {
                var call = required(model).temperature(1).seed(seed);
                var names = new ArrayList<String>();
                var arguments = new ArrayList<StringBuilder>();
                var reply =
                        call.streamDeltas(delta -> {
                            switch (delta) {
                                case ToolDelta.Content(String text) ->
                                        throw new AssertionError("nothing is said: " + text);
                                case ToolDelta.Begin(int index, String name) -> {
                                    assertThat(index).isEqualTo(names.size());
                                    names.add(name);
                                    arguments.add(new StringBuilder());
                                }
                                case ToolDelta.Arguments(int index, String json) -> {
                                    assertThat(index).isEqualTo(names.size() - 1);
                                    arguments.get(index).append(json);
                                }
                            }
                        });
                var streamed = new ArrayList<ToolCall>();
                for (int i = 0; i < names.size(); i++)
                    streamed.add(new ToolCall(names.get(i), arguments.get(i).toString()));
                assertThat(streamed).isEqualTo(reply.calls()).isEqualTo(call.run().calls());
                try (var pieces = call.stream()) {
                    assertThat(pieces).isEmpty();
                }
                assertThat(reply.result().text()).contains("\"name\"");
            }
        }
    }

    /// Each word that the model is told, written down once more.
    @Test
    void theModelSeesToolsCallsAndResults() {
        String told =
                """
                你是山。
                你可以使用下面的工具，每行一个，以 JSON 表示名称、说明和参数：
                {"name": "height", "description": "高度", "parameters": %s}
                {"name": "clock"}
                需要使用工具时，单独写一行 <tool_call>，在下一行写出调用的 JSON，例如：
                <tool_call>
                {"name": "工具名称", "arguments": {"参数名": "参数值"}}
                然后结束回答，工具的结果会在下一条消息中给出。不需要工具时，直接回答。
                需要几个工具时，把各个调用依次写出。\
                """
                        .formatted(HEIGHT.parameters().replace('\n', ' '));
        var calls =
                List.of(
                        new ToolCall("height", "{\"山\": \"泰山\", \"unit\": \"m\"}"),
                        new ToolCall("clock", "{}"));
        try (var model = model()) {
            var asked =
                    model.chat(
                                    List.of(
                                            ChatMessage.user(QUESTION),
                                            ChatMessage.assistant("好。", calls),
                                            ChatMessage.tool("height", "1545"),
                                            ChatMessage.tool("", "十点")))
                            .system("你是山。")
                            .tools(HEIGHT, CLOCK)
                            .maxTokens(40);
            var written =
                    model.chat(
                                    List.of(
                                            ChatMessage.system(told),
                                            ChatMessage.user(QUESTION),
                                            ChatMessage.assistant(
                                                    """
                                                    好。
                                                    <tool_call>
                                                    {"name": "height", "arguments": {"山": "泰山", "unit": "m"}}
                                                    <tool_call>
                                                    {"name": "clock", "arguments": {}}\
                                                    """),
                                            ChatMessage.user("工具 height 的结果：\n1545\n工具的结果：\n十点")))
                            .maxTokens(40);
            assertThat(asked.run().text()).isEqualTo(written.run().text()).isNotEmpty();
            var unknowing = asked.toolChoice(new ToolChoice.None());
            assertThat(unknowing.run().text()).isNotEqualTo(written.run().text());
        }
    }

    @Test
    void resultsGoOnWithTheConversationAndMeetTheDemand() {
        try (var model = model()) {
            var reply = required(model).temperature(1).seed(3).maxTokens(400).run();
            var results = reply.calls().stream().map(call -> call.name() + "!").toList();
            var next = reply.results(results);
            var expected = new ArrayList<ChatMessage>();
            expected.add(ChatMessage.user(QUESTION));
            expected.add(ChatMessage.assistant("", reply.calls()));
            for (var call : reply.calls())
                expected.add(ChatMessage.tool(call.name(), call.name() + "!"));
            assertThat(next.messages()).isEqualTo(expected);
            var answer = next.maxTokens(30).run();
            assertThat(answer.calls()).isEmpty();
            assertThat(answer.text()).isNotEmpty();
            var pieces = next.maxTokens(30).stream().collect(Collectors.joining());
            assertThat(pieces).isEqualTo(answer.text());
            assertThatThrownBy(() -> reply.results(List.of()))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    /// A form is for what is said; a call may stand in its place.
    @Test
    void anAnswerOfAFormMayBeACallInstead() {
        try (var model = model()) {
            int said = 0;
            for (int seed = 0; seed < 12; seed++) {
                var reply =
                        model.chat(QUESTION)
                                .tools(CLOCK)
                                .choice("泰山", "<不知道>")
                                .temperature(1)
                                .seed(seed)
                                .run();
                if (reply.calls().isEmpty()) {
                    assertThat(reply.text()).isIn("泰山", "<不知道>");
                    said++;
                } else {
                    assertThat(reply.text()).isEmpty();
                    assertThat(reply.calls()).allSatisfy(ChatToolsTest::isValid);
                }
            }
            assertThat(said).isBetween(1, 11);
        }
    }

    @Test
    void aResultIsNotKeptWithoutItsCall() {
        var template = ChatTemplate.baichuan();
        var messages =
                List.of(
                        ChatMessage.user("old"),
                        ChatMessage.assistant("", List.of(new ToolCall("clock", "{}"))),
                        ChatMessage.tool("clock", "ten"),
                        ChatMessage.tool("clock", "eleven"),
                        ChatMessage.assistant("It is eleven."),
                        ChatMessage.user("new"));
        var prompt = template.render(messages, text -> text.chars().toArray(), 20, 1);
        assertThat(prompt.droppedMessages()).isEqualTo(5);
        assertThat(prompt.ids()).containsExactly(195, 'n', 'e', 'w', 196);
    }

    @Test
    void whatCannotBeIsSaidAtOnce() {
        try (var model = model()) {
            var call = model.chat(QUESTION);
            assertThatThrownBy(() -> call.toolChoice(new ToolChoice.Required()))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessageStartingWith("tool_choice: ");
            assertThatThrownBy(() -> call.tools(CLOCK).toolChoice(new ToolChoice.Named("x")))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessageStartingWith("tool_choice.function.name: ");
            assertThatThrownBy(() -> call.tools(CLOCK, CLOCK))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessageStartingWith("tools[1].function.name: ");
            var strict = new Tool("odd", "", "{\"$ref\":\"http://x/y\"}", true);
            assertThatThrownBy(call.tools(CLOCK, strict)::run)
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessageStartingWith("tools[1].function.parameters: ");
        }
    }
}
