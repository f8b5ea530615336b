package chuan.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import chuan.engine.Chuan;
import chuan.engine.LanguageModel;
import dev.langchain4j.agent.tool.P;
import dev.langchain4j.agent.tool.Tool;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.CompleteToolCall;
import dev.langchain4j.model.chat.response.PartialToolCall;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.service.AiServices;
import dev.langchain4j.service.TokenStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Tools as programs with LangChain4j have them. The shipped model calls none by itself, so calls
/// are demanded; what it calls them with is up to it, as far as the schema lets it.
@Timeout(60)
class ToolsTest {
    private static final String QUESTION = "泰山有多高？";
    private static final ToolSpecification HEIGHT =
            ToolSpecification.builder()
                    .name("height")
                    .description("一座山的高度")
                    .parameters(
                            JsonObjectSchema.builder()
                                    .addEnumProperty("mountain", List.of("泰山", "华山"))
                                    .required("mountain")
                                    .build())
                    .build();

    private static LanguageModel model;
    private static ChuanChatModel chat;
    private static ChuanStreamingChatModel streaming;

    @BeforeAll
    static void open() {
        model =
                Chuan.open(
                        Path.of(System.getProperty("chuan.root", ".."), "models/chuan-10m-chat"));
        var defaults = ChatRequestParameters.builder().temperature(0.0).maxOutputTokens(200);
        UnaryOperator<chuan.engine.ChatCall> one = call -> call.parallelToolCalls(false);
        chat = new ChuanChatModel(model, defaults.build(), List.of(), one);
        streaming = new ChuanStreamingChatModel(model, defaults.build(), List.of(), one);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static ChatRequest.Builder question() {
        return ChatRequest.builder().messages(UserMessage.from(QUESTION));
    }

    private static ChatRequest demanding() {
        return question().toolSpecifications(HEIGHT).toolChoice(ToolChoice.REQUIRED).build();
    }

    private static void isHeight(ToolExecutionRequest call) {
        assertThat(call.name()).isEqualTo("height");
        assertThat(call.id()).isNotBlank();
        assertThat(call.arguments()).matches("\\{\"mountain\": ?\"(泰山|华山)\"\\}");
    }

    @Test
    void aDemandedCallFollowsItsSchemaAndItsResultIsRead() {
        var response = chat.chat(demanding());
        assertThat(response.finishReason()).isEqualTo(FinishReason.TOOL_EXECUTION);
        var message = response.aiMessage();
        assertThat(message.text()).isNull();
        assertThat(message.toolExecutionRequests()).hasSize(1).allSatisfy(ToolsTest::isHeight);
        var call = message.toolExecutionRequests().getFirst();
        var answers = new ArrayList<String>();
        for (String result : List.of("一千五百四十五米", "失败")) {
            var next =
                    chat.chat(
                            ChatRequest.builder()
                                    .messages(
                                            UserMessage.from(QUESTION),
                                            message,
                                            ToolExecutionResultMessage.from(call, result))
                                    .toolSpecifications(HEIGHT)
                                    .toolChoice(ToolChoice.NONE)
                                    .build());
            assertThat(next.aiMessage().hasToolExecutionRequests()).isFalse();
            answers.add(next.aiMessage().text());
            var engine =
                    model.chat(
                                    List.of(
                                            chuan.engine.ChatMessage.user(QUESTION),
                                            chuan.engine.ChatMessage.assistant(
                                                    "<tool_call>\n{\"name\": \"height\", \"arguments\": "
                                                            + call.arguments()
                                                            + "}"),
                                            chuan.engine.ChatMessage.user(
                                                    "工具 height 的结果：\n" + result)))
                            .temperature(0)
                            .maxTokens(200)
                            .run();
            assertThat(next.aiMessage().text()).isEqualTo(engine.text());
        }
        assertThat(answers).doesNotHaveDuplicates();
    }

    @Test
    void whatAModelSaidBesideItsCallsStaysInTheConversation() {
        var call = ToolExecutionRequest.builder().id("1").name("height").build();
        var response =
                chat.chat(
                        UserMessage.from(QUESTION),
                        AiMessage.from("我看看。", List.of(call)),
                        ToolExecutionResultMessage.from("unknown", "height", "高"));
        var engine =
                model.chat(
                                List.of(
                                        chuan.engine.ChatMessage.user(QUESTION),
                                        chuan.engine.ChatMessage.assistant(
                                                "我看看。\n<tool_call>\n{\"name\": \"height\", \"arguments\": {}}"),
                                        chuan.engine.ChatMessage.user("工具 height 的结果：\n高")))
                        .temperature(0)
                        .maxTokens(200)
                        .run();
        assertThat(response.aiMessage().text()).isEqualTo(engine.text());
    }

    /// Collects what a handler is told about calls.
    private static final class Calls implements StreamingChatResponseHandler {
        final Map<Integer, StringBuilder> partial = new TreeMap<>();
        final List<ToolExecutionRequest> complete = new ArrayList<>();
        final CompletableFuture<ChatResponse> end = new CompletableFuture<>();

        @Override
        public void onPartialToolCall(PartialToolCall part) {
            assertThat(part.id()).isNotBlank();
            assertThat(part.index()).isEqualTo(complete.size());
            partial.computeIfAbsent(part.index(), _ -> new StringBuilder())
                    .append(part.partialArguments());
        }

        @Override
        public void onCompleteToolCall(CompleteToolCall call) {
            assertThat(call.index()).isEqualTo(complete.size());
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
    }

    @Test
    void callsAreStreamedInPiecesAndAsAWhole() {
        var several =
                new ChuanStreamingChatModel(
                        model,
                        ChatRequestParameters.builder().maxOutputTokens(300).build(),
                        List.of(),
                        // ends of the answer are made improbable
                        call -> call.sampling(s -> s.withLogitBias(Map.of(2, -100f, 18, -100f))));
        for (var source : List.of(streaming, several)) {
            var calls = new Calls();
            source.chat(demanding(), calls);
            var response = calls.end.join();
            assertThat(response.aiMessage().toolExecutionRequests()).isEqualTo(calls.complete);
            var whole = calls.complete;
            if (response.finishReason() == FinishReason.LENGTH)
                whole = whole.subList(0, whole.size() - 1);
            for (int i = 0; i < whole.size(); i++)
                assertThat(calls.partial.get(i)).hasToString(whole.get(i).arguments());
            assertThat(whole).isNotEmpty().allSatisfy(ToolsTest::isHeight);
            assertThat(whole).extracting(ToolExecutionRequest::id).doesNotHaveDuplicates();
            if (source == several) assertThat(whole).hasSizeGreaterThan(1);
        }
    }

    @Test
    void toolsAndASchemaGoTogether() {
        var format =
                ResponseFormat.builder()
                        .type(ResponseFormatType.JSON)
                        .jsonSchema(
                                JsonSchema.builder()
                                        .name("answer")
                                        .rootElement(
                                                JsonObjectSchema.builder()
                                                        .addBooleanProperty("high")
                                                        .required("high")
                                                        .build())
                                        .build())
                        .build();
        var answer =
                chat.chat(question().toolSpecifications(HEIGHT).responseFormat(format).build());
        if (answer.aiMessage().hasToolExecutionRequests())
            assertThat(answer.aiMessage().toolExecutionRequests()).allSatisfy(ToolsTest::isHeight);
        else assertThat(answer.aiMessage().text()).matches("\\{\"high\": ?(true|false)\\}");
    }

    @Test
    void aStrictSchemaThatCannotBeFollowedIsRefused() {
        var twice = question().toolSpecifications(HEIGHT, HEIGHT).build();
        assertThatThrownBy(() -> chat.chat(twice)).isInstanceOf(InvalidRequestException.class);
    }

    /// What the program lets the model do.
    public static final class Mountains {
        final List<String> asked = new ArrayList<>();

        @Tool("一座山的高度")
        public String height(@P("山") Mountain mountain) {
            asked.add(mountain.name());
            return mountain + "：一千五百四十五米";
        }
    }

    enum Mountain {
        TAISHAN,
        HUASHAN
    }

    interface Assistant {
        String answer(String question);
    }

    interface StreamingAssistant {
        TokenStream answer(String question);
    }

    /// A call is demanded where the user has asked, and no longer behind its result.
    private static ChatRequest demandOnce(ChatRequest request) {
        return request.messages().getLast() instanceof UserMessage
                ? request.toBuilder().toolChoice(ToolChoice.REQUIRED).build()
                : request.toBuilder().toolChoice(ToolChoice.NONE).build();
    }

    @Test
    void anAiServiceRunsTheToolAndAnswers() {
        var mountains = new Mountains();
        var assistant =
                AiServices.builder(Assistant.class)
                        .chatModel(chat)
                        .tools(mountains)
                        .chatRequestTransformer(ToolsTest::demandOnce)
                        .build();
        assertThat(assistant.answer(QUESTION)).isNotBlank().doesNotContain("tool_call");
        assertThat(mountains.asked).hasSize(1);
        assertThat(mountains.asked.getFirst()).isIn("TAISHAN", "HUASHAN");
    }

    @Test
    void aStreamingAiServiceRunsTheToolAndAnswers() {
        var mountains = new Mountains();
        var assistant =
                AiServices.builder(StreamingAssistant.class)
                        .streamingChatModel(streaming)
                        .tools(mountains)
                        .chatRequestTransformer(ToolsTest::demandOnce)
                        .build();
        var text = new StringBuilder();
        var end = new CompletableFuture<ChatResponse>();
        assistant
                .answer(QUESTION)
                .onPartialResponse(text::append)
                .onCompleteResponse(end::complete)
                .onError(end::completeExceptionally)
                .start();
        assertThat(end.join().aiMessage().text()).isEqualTo(text.toString()).isNotBlank();
        assertThat(mountains.asked).hasSize(1);
    }
}
