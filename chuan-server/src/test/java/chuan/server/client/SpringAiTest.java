package chuan.server.client;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.server.TestServer;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.MessageAggregator;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.ai.openai.OpenAiChatOptions;
import org.springframework.ai.tool.function.FunctionToolCallback;
import tools.jackson.databind.json.JsonMapper;

/// Spring AI's client, which is OpenAI's own for Java underneath.
class SpringAiTest {
    private static final String QUESTION = "你好，请介绍一下你自己";
    private static final String SCHEMA =
            """
            {"type":"object","properties":{"城市":{"enum":["北京","上海"]}},"required":["城市"],
             "additionalProperties":false}
            """;

    @RegisterExtension private static final TestServer server = new TestServer();

    private static OpenAiChatOptions.Builder options() {
        return OpenAiChatOptions.builder()
                .baseUrl(server.server().address() + "v1")
                .apiKey("none")
                .model("chuan-10m-chat")
                .temperature(0.0)
                .maxTokens(200);
    }

    @Test
    void aChatIsTheSameWholeAndStreamed() {
        var model = OpenAiChatModel.builder().options(options().build()).build();
        var whole = Objects.requireNonNull(model.call(new Prompt(QUESTION)).getResult());
        assertThat(whole.getOutput().getText()).isNotBlank();
        assertThat(whole.getMetadata().getFinishReason()).isEqualToIgnoringCase("stop");
        var pieces = model.stream(new Prompt(QUESTION)).collectList().block(Duration.ofMinutes(1));
        String text =
                Objects.requireNonNull(pieces).stream()
                        .map(piece -> piece.getResult())
                        .filter(Objects::nonNull)
                        .map(result -> result.getOutput().getText())
                        .filter(Objects::nonNull)
                        .collect(Collectors.joining());
        assertThat(text).isEqualTo(whole.getOutput().getText());
    }

    @Test
    void anAnswerFollowsASchema() {
        var model =
                OpenAiChatModel.builder().options(options().outputSchema(SCHEMA).build()).build();
        var answer = Objects.requireNonNull(model.call(new Prompt(QUESTION)).getResult());
        var value = new JsonMapper().readTree(answer.getOutput().getText());
        assertThat(value.get("城市").asString()).isIn("北京", "上海");
        assertThat(value.size()).isEqualTo(1);
    }

    private static OpenAiChatOptions tooled() {
        return options()
                .toolCallbacks(
                        FunctionToolCallback.builder("weather", (Weather weather) -> "晴")
                                .description("天气")
                                .inputType(Weather.class)
                                .build())
                .toolChoice("required")
                .parallelToolCalls(false)
                .build();
    }

    enum City {
        BEIJING,
        SHANGHAI
    }

    /// Arguments of the tool.
    record Weather(City city, int days) {}

    private static AssistantMessage.ToolCall onlyCall(AssistantMessage message) {
        assertThat(message.getToolCalls()).hasSize(1);
        var call = message.getToolCalls().getFirst();
        assertThat(call.name()).isEqualTo("weather");
        assertThat(call.id()).startsWith("call_");
        var arguments = new JsonMapper().readTree(call.arguments());
        assertThat(arguments.get("city").asString()).isIn("BEIJING", "SHANGHAI");
        assertThat(arguments.get("days").isIntegralNumber()).isTrue();
        assertThat(arguments.size()).isEqualTo(2);
        return call;
    }

    @Test
    void aToolIsCalledWholeAndStreamedAndItsResultIsRead() {
        var model = OpenAiChatModel.builder().options(options().build()).build();
        var whole =
                Objects.requireNonNull(model.call(new Prompt(QUESTION, tooled())).getResult())
                        .getOutput();
        var call = onlyCall(whole);
        var streamed = new AtomicReference<ChatResponse>();
        new MessageAggregator()
                .aggregate(model.stream(new Prompt(QUESTION, tooled())), streamed::set)
                .blockLast(Duration.ofMinutes(1));
        var message =
                Objects.requireNonNull(Objects.requireNonNull(streamed.get()).getResult())
                        .getOutput();
        assertThat(onlyCall(message).arguments()).isEqualTo(call.arguments());
        var result = new ToolResponseMessage.ToolResponse(call.id(), call.name(), "晴");
        var results = ToolResponseMessage.builder().responses(List.of(result)).build();
        var answer =
                model.call(
                        new Prompt(
                                List.of(new UserMessage(QUESTION), whole, results),
                                options().build()));
        assertThat(Objects.requireNonNull(answer.getResult()).getOutput().getText()).isNotBlank();
    }
}
