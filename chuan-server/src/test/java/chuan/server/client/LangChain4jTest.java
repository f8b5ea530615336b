package chuan.server.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import chuan.server.TestServer;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.CompleteToolCall;
import dev.langchain4j.model.chat.response.PartialToolCall;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiEmbeddingModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.model.output.FinishReason;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.json.JsonMapper;

class LangChain4jTest {
    private static final String MODEL = "chuan-10m-chat";
    private static final String QUESTION = "你好，请介绍一下你自己";
    private static final JsonObjectSchema WEATHER =
            JsonObjectSchema.builder()
                    .addEnumProperty("城市", List.of("北京", "上海"))
                    .addBooleanProperty("明天")
                    .required("城市", "明天")
                    .additionalProperties(false)
                    .build();

    private static final ToolSpecification WEATHER_TOOL =
            ToolSpecification.builder()
                    .name("weather")
                    .description("天气")
                    .parameters(WEATHER)
                    .build();

    @RegisterExtension private static final TestServer server = new TestServer();

    private static OpenAiChatModel model() {
        return OpenAiChatModel.builder()
                .baseUrl(server.server().address() + "v1")
                .apiKey("none")
                .modelName(MODEL)
                .temperature(0.0)
                .maxTokens(200)
                .strictJsonSchema(true)
                .parallelToolCalls(false)
                .build();
    }

    private static ChatRequest.Builder question() {
        return ChatRequest.builder().messages(UserMessage.from(QUESTION));
    }

    @Test
    void aChatIsTheSameWholeAndStreamed() throws Exception {
        var whole = model().chat(question().build());
        assertThat(whole.aiMessage().text()).isNotBlank();
        assertThat(whole.finishReason()).isEqualTo(FinishReason.STOP);
        assertThat(whole.tokenUsage().totalTokenCount())
                .isEqualTo(
                        whole.tokenUsage().inputTokenCount()
                                + whole.tokenUsage().outputTokenCount());
        var streaming =
                OpenAiStreamingChatModel.builder()
                        .baseUrl(server.server().address() + "v1")
                        .apiKey("none")
                        .modelName(MODEL)
                        .temperature(0.0)
                        .maxTokens(200)
                        .build();
        var pieces = new StringBuilder();
        var end = new CompletableFuture<ChatResponse>();
        streaming.chat(
                question().build(),
                new StreamingChatResponseHandler() {
                    @Override
                    public void onPartialResponse(String piece) {
                        pieces.append(piece);
                    }

                    @Override
                    public void onCompleteResponse(ChatResponse response) {
                        end.complete(response);
                    }

                    @Override
                    public void onError(Throwable error) {
                        end.completeExceptionally(error);
                    }
                });
        var streamed = end.get(60, TimeUnit.SECONDS);
        assertThat(pieces).hasToString(whole.aiMessage().text());
        assertThat(streamed.aiMessage().text()).isEqualTo(whole.aiMessage().text());
        assertThat(streamed.tokenUsage().outputTokenCount())
                .isEqualTo(whole.tokenUsage().outputTokenCount());
    }

    @Test
    void aToolIsCalled() throws Exception {
        var answer =
                model().chat(
                                question()
                                        .toolSpecifications(WEATHER_TOOL)
                                        .toolChoice(ToolChoice.REQUIRED)
                                        .build());
        assertThat(answer.finishReason()).isEqualTo(FinishReason.TOOL_EXECUTION);
        var call = answer.aiMessage().toolExecutionRequests().getFirst();
        assertThat(call.name()).isEqualTo("weather");
        assertThat(call.id()).isNotBlank();
        isWeather(call.arguments());
    }

    @Test
    void callsAreStreamedAndTheirResultsAreRead() throws Exception {
        var parts = new StringBuilder();
        var complete = new ArrayList<ToolExecutionRequest>();
        var end = new CompletableFuture<ChatResponse>();
        var demanding =
                question().toolSpecifications(WEATHER_TOOL).toolChoice(ToolChoice.REQUIRED).build();
        OpenAiStreamingChatModel.builder()
                .baseUrl(server.server().address() + "v1")
                .apiKey("none")
                .modelName(MODEL)
                .temperature(0.0)
                .maxTokens(200)
                .parallelToolCalls(false)
                .build()
                .chat(
                        demanding,
                        new StreamingChatResponseHandler() {
                            @Override
                            public void onPartialToolCall(PartialToolCall part) {
                                parts.append(part.partialArguments());
                            }

                            @Override
                            public void onCompleteToolCall(CompleteToolCall call) {
                                complete.add(call.toolExecutionRequest());
                            }

                            @Override
                            public void onCompleteResponse(ChatResponse response) {
                                end.complete(response);
                            }

                            @Override
                            public void onError(Throwable error) {
                                end.completeExceptionally(error);
                            }
                        });
        var message = end.get(60, TimeUnit.SECONDS).aiMessage();
        assertThat(message.toolExecutionRequests()).hasSize(1).isEqualTo(complete);
        assertThat(complete.getFirst().arguments()).isEqualTo(parts.toString());
        isWeather(parts.toString());
        var answer =
                model().chat(
                                UserMessage.from(QUESTION),
                                message,
                                ToolExecutionResultMessage.from(complete.getFirst(), "晴"));
        assertThat(answer.aiMessage().text()).isNotBlank();
    }

    @Test
    void anAnswerFollowsASchema() throws Exception {
        var answer =
                model().chat(
                                question()
                                        .responseFormat(
                                                ResponseFormat.builder()
                                                        .type(ResponseFormatType.JSON)
                                                        .jsonSchema(
                                                                JsonSchema.builder()
                                                                        .name("weather")
                                                                        .rootElement(WEATHER)
                                                                        .build())
                                                        .build())
                                        .build());
        isWeather(answer.aiMessage().text());
    }

    private static void isWeather(String json) {
        var value = new JsonMapper().readTree(json);
        assertThat(value.get("城市").asString()).isIn("北京", "上海");
        assertThat(value.get("明天").isBoolean()).isTrue();
        assertThat(value.size()).isEqualTo(2);
    }

    @Test
    void embeddingsHaveLengthOne() {
        var vector =
                OpenAiEmbeddingModel.builder()
                        .baseUrl(server.server().address() + "v1")
                        .apiKey("none")
                        .modelName(MODEL)
                        .build()
                        .embed("春天")
                        .content()
                        .vector();
        double square = 0;
        for (float x : vector) square += x * x;
        assertThat(square).isCloseTo(1, within(1e-4));
    }
}
