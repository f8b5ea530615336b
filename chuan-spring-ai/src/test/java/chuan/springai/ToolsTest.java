package chuan.springai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import chuan.engine.ChatMessage;
import chuan.engine.Chuan;
import chuan.engine.InvalidRequestException;
import chuan.engine.LanguageModel;
import chuan.engine.tools.ToolChoice;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.model.tool.StructuredOutputChatOptions;
import org.springframework.ai.support.ToolCallbacks;
import org.springframework.ai.tool.annotation.Tool;
import org.springframework.ai.tool.annotation.ToolParam;

/// Tools as programs with Spring AI have them. The shipped model calls none by itself, so calls are
/// demanded; what it calls them with is up to it, as far as the schema lets it.
@Timeout(60)
@NullUnmarked // whatever Spring AI may leave out is asserted to be there
class ToolsTest {
    private static final String QUESTION = "泰山有多高？";

    private static LanguageModel model;
    private static ChuanChatModel chat;

    @BeforeAll
    static void open() {
        model =
                Chuan.open(
                        Path.of(System.getProperty("chuan.root", ".."), "models/chuan-10m-chat"));
        var defaults = ChatOptions.builder().temperature(0.0).maxTokens(200).build();
        chat = new ChuanChatModel(model, defaults, UnaryOperator.identity());
    }

    @AfterAll
    static void close() {
        model.close();
    }

    enum Mountain {
        TAISHAN,
        HUASHAN
    }

    /// What the program lets the model do.
    static final class Mountains {
        final List<String> asked = new ArrayList<>();

        @Tool(description = "一座山的高度")
        String height(@ToolParam(description = "山") Mountain mountain) {
            asked.add(mountain.name());
            return mountain + "：一千五百四十五米";
        }
    }

    private static ChuanChatOptions.Builder demanding(Object... tools) {
        return ChuanChatOptions.builder()
                .toolCallbacks(ToolCallbacks.from(tools))
                .toolChoice(new ToolChoice.Required())
                .parallelToolCalls(false);
    }

    private static void isHeight(AssistantMessage.ToolCall call) {
        assertThat(call.name()).isEqualTo("height");
        assertThat(call.type()).isEqualTo("function");
        assertThat(call.id()).isNotBlank();
        assertThat(call.arguments()).matches("\\{\"mountain\": ?\"(TAISHAN|HUASHAN)\"\\}");
    }

    @Test
    void aDemandedCallFollowsItsSchemaAndItsResultIsRead() {
        var options = demanding(new Mountains()).build();
        var response = chat.call(new Prompt(QUESTION, options));
        var message = response.getResult().getOutput();
        assertThat(response.getResult().getMetadata().getFinishReason()).isEqualTo("TOOL_CALLS");
        assertThat(message.getToolCalls()).hasSize(1).allSatisfy(ToolsTest::isHeight);
        assertThat(message.getText()).isEmpty();
        var call = message.getToolCalls().getFirst();
        var results =
                ToolResponseMessage.builder()
                        .responses(
                                List.of(
                                        new ToolResponseMessage.ToolResponse(
                                                call.id(), call.name(), "一千米")))
                        .build();
        var untold = ChatOptions.builder().build();
        var next =
                chat.call(new Prompt(List.of(new UserMessage(QUESTION), message, results), untold));
        var engine =
                model.chat(
                                List.of(
                                        ChatMessage.user(QUESTION),
                                        ChatMessage.assistant(
                                                "<tool_call>\n{\"name\": \"height\", \"arguments\": "
                                                        + call.arguments()
                                                        + "}"),
                                        ChatMessage.user("工具 height 的结果：\n一千米")))
                        .temperature(0)
                        .maxTokens(200)
                        .run();
        assertThat(next.getResult().getOutput().getText()).isEqualTo(engine.text());
    }

    @Test
    void aStreamEndsWithTheCalls() {
        var options = demanding(new Mountains()).build();
        var whole = chat.call(new Prompt(QUESTION, options)).getResult().getOutput();
        var responses = chat.stream(new Prompt(QUESTION, options)).collectList().block();
        var last = responses.removeLast();
        assertThat(responses).noneMatch(r -> r.getResult().getOutput().hasToolCalls());
        var calls = last.getResult().getOutput().getToolCalls();
        assertThat(calls).hasSize(1).allSatisfy(ToolsTest::isHeight);
        assertThat(calls.getFirst().arguments())
                .isEqualTo(whole.getToolCalls().getFirst().arguments());
        assertThat(last.getResult().getMetadata().getFinishReason()).isEqualTo("TOOL_CALLS");
        assertThat(last.getMetadata().getUsage().getCompletionTokens()).isPositive();
    }

    @Test
    void aChatClientRunsTheToolAndAnswers() {
        var client = ChatClient.create(chat);
        var mountains = new Mountains();
        var options = demanding();
        String answer =
                client.prompt().user(QUESTION).options(options).tools(mountains).call().content();
        assertThat(answer).isNotBlank().doesNotContain("tool_call");
        assertThat(mountains.asked).hasSize(1);
        assertThat(mountains.asked.getFirst()).isIn("TAISHAN", "HUASHAN");
        String streamed =
                client.prompt().user(QUESTION).options(options).tools(mountains).stream()
                        .content()
                        .collect(Collectors.joining())
                        .block();
        assertThat(streamed).isEqualTo(answer);
        assertThat(mountains.asked).hasSize(2);
        assertThat(mountains.asked.get(1)).isEqualTo(mountains.asked.getFirst());
    }

    /// An answer as an object.
    record Height(Mountain mountain, boolean high) {}

    @Test
    void aChatClientGetsAnObjectThatFollowsItsSchema() {
        var client = ChatClient.create(chat);
        var height =
                client.prompt()
                        .user(QUESTION)
                        .call()
                        .entity(Height.class, spec -> spec.useProviderStructuredOutput());
        assertThat(height.mountain()).isNotNull();
    }

    @Test
    void optionsAreThoseOfThePromptThenTheDefaults() {
        var schema = "{\"enum\":[\"山\"]}";
        var defaults =
                ChuanChatOptions.builder()
                        .temperature(0.0)
                        .maxTokens(100)
                        .toolCallbacks(ToolCallbacks.from(new Mountains()))
                        .toolChoice(new ToolChoice.Named("height"))
                        .build();
        assertThat(defaults.mutate().build()).isEqualTo(defaults).hasSameHashCodeAs(defaults);
        assertThat(ChuanChatOptions.builder().combineWith(defaults.mutate()).build())
                .isEqualTo(defaults);
        var own = new ChuanChatModel(model, defaults, UnaryOperator.identity());
        assertThat(own.call(new Prompt(QUESTION)).getResult().getOutput().getToolCalls())
                .hasSize(1)
                .allSatisfy(ToolsTest::isHeight);
        var plain = StructuredOutputChatOptions.builder().outputSchema(schema).build();
        assertThat(new ChuanChatModel(model, plain, UnaryOperator.identity()).call(QUESTION))
                .isEqualTo("\"山\"");
    }

    @Test
    void whatCannotBeIsRefused() {
        var nobody = demanding(new Mountains()).toolChoice(new ToolChoice.Named("nobody")).build();
        assertThatThrownBy(() -> chat.call(new Prompt(QUESTION, nobody)))
                .isInstanceOf(InvalidRequestException.class);
    }
}
