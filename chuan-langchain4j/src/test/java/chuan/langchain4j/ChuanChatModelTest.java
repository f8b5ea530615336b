package chuan.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import chuan.engine.ChatSession;
import chuan.engine.Chuan;
import chuan.engine.LanguageModel;
import chuan.engine.TokenListener;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.listener.ChatModelRequestContext;
import dev.langchain4j.model.chat.listener.ChatModelResponseContext;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.output.FinishReason;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What LangChain4j expects of a model, on the model that comes with the repository; the answers
/// are compared with those of a session that computes by itself.
@Timeout(60)
class ChuanChatModelTest {
    private static LanguageModel model;
    private static ChuanChatModel chat;
    private static ChuanStreamingChatModel streaming;

    @BeforeAll
    static void open() {
        model =
                Chuan.open(
                        Path.of(System.getProperty("chuan.root", ".."), "models/chuan-10m-chat"));
        chat = new ChuanChatModel(model, shortGreedy(), List.of(), UnaryOperator.identity());
        streaming =
                new ChuanStreamingChatModel(
                        model, shortGreedy(), List.of(), UnaryOperator.identity());
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static ChatRequestParameters shortGreedy() {
        return ChatRequestParameters.builder().temperature(0.0).maxOutputTokens(40).build();
    }

    private static ChatSession session() {
        var session = model.engine().chat();
        session.setSampling(session.sampling().withTemperature(0));
        session.setMaxTokens(40);
        return session;
    }

    @Test
    void aConversationIsThatOfASession() {
        try (var session = session()) {
            session.setSystem("你是一个助手。");
            var first = session.reply("你好！", TokenListener.NONE);
            var second = session.reply("介绍一下你自己。", TokenListener.NONE);
            var response =
                    chat.chat(
                            SystemMessage.from("你是一个助手。"),
                            UserMessage.from("你好！"),
                            AiMessage.from(first.text()),
                            UserMessage.from("介绍一下你自己。"));
            assertThat(response.aiMessage().text()).isEqualTo(second.text()).isNotBlank();
            var counts = second.result().statistics();
            assertThat(response.tokenUsage().inputTokenCount()).isEqualTo(counts.promptTokens());
            assertThat(response.tokenUsage().outputTokenCount())
                    .isEqualTo(counts.generatedTokens());
            assertThat(response.metadata().id()).isNotBlank();
        }
    }

    @Test
    void finishReasonsAreThoseOfTheEngine() {
        var cut =
                chat.chat(
                        ChatRequest.builder()
                                .messages(UserMessage.from("你好！"))
                                .maxOutputTokens(3)
                                .build());
        assertThat(cut.finishReason()).isEqualTo(FinishReason.LENGTH);
        assertThat(cut.tokenUsage().outputTokenCount()).isEqualTo(3);
        String whole = chat.chat("你好！");
        String stop = whole.substring(2, 4);
        var stopped =
                chat.chat(
                        ChatRequest.builder()
                                .messages(UserMessage.from("你好！"))
                                .stopSequences(List.of(stop))
                                .build());
        assertThat(stopped.finishReason()).isEqualTo(FinishReason.STOP);
        assertThat(stopped.aiMessage().text()).isEqualTo(whole.substring(0, whole.indexOf(stop)));
    }

    @Test
    void parametersReachTheSampler() {
        var seeded =
                new ChuanChatModel(
                        model,
                        ChatRequestParameters.builder()
                                .temperature(1.5)
                                .topP(0.9)
                                .topK(50)
                                .presencePenalty(0.5)
                                .frequencyPenalty(0.5)
                                .maxOutputTokens(40)
                                .build(),
                        List.of(),
                        call -> call.seed(7));
        var expected =
                model.chat("讲个故事。")
                        .sampling(s ->
                                s.withTemperature(1.5)
                                        .withTopP(0.9)
                                        .withTopK(50)
                                        .withPresencePenalty(0.5)
                                        .withFrequencyPenalty(0.5)
                                        .withSeed(7))
                        .maxTokens(40)
                        .run();
        assertThat(seeded.chat("讲个故事。")).isEqualTo(expected.text());
        assertThat(chat.chat("讲个故事。")).isNotEqualTo(expected.text());
    }

    @Test
    void whatChuanDoesNotHaveIsRefused() {
        assertThatThrownBy(() ->
                        chat.chat(UserMessage.from(ImageContent.from("http://localhost/a.png"))))
                .isInstanceOf(UnsupportedFeatureException.class);
        assertThatThrownBy(() -> chat.chat("很".repeat(20_000)))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageNotContaining("\n");
    }

    @Test
    void aSchemaIsFollowed() {
        var person =
                JsonSchema.builder()
                        .name("person")
                        .rootElement(
                                JsonObjectSchema.builder()
                                        .addEnumProperty("place", List.of("山", "水"))
                                        .addBooleanProperty("far")
                                        .required("place", "far")
                                        .build())
                        .build();
        var format = ResponseFormat.builder().type(ResponseFormatType.JSON).jsonSchema(person);
        var request =
                ChatRequest.builder()
                        .messages(UserMessage.from("你住在哪里？"))
                        .responseFormat(format.build())
                        .maxOutputTokens(60)
                        .build();
        var response = chat.chat(request);
        assertThat(response.aiMessage().text())
                .matches("\\{\"place\": ?\"[山水]\", ?\"far\": ?(true|false)\\}");
        assertThat(response.finishReason()).isEqualTo(FinishReason.STOP);
    }

    @Test
    void listenersHearOfRequestsAndResponses() {
        var heard = new ArrayList<String>();
        var listener =
                new ChatModelListener() {
                    @Override
                    public void onRequest(ChatModelRequestContext context) {
                        heard.add("request");
                    }

                    @Override
                    public void onResponse(ChatModelResponseContext context) {
                        heard.add(context.chatResponse().aiMessage().text());
                    }
                };
        var observed =
                new ChuanChatModel(
                        model, shortGreedy(), List.of(listener), UnaryOperator.identity());
        String answer = observed.chat("你好！");
        assertThat(heard).containsExactly("request", answer);
    }

    /// Collects what a handler is told.
    private static final class Collector implements StreamingChatResponseHandler {
        final StringBuilder text = new StringBuilder();
        final CompletableFuture<ChatResponse> end = new CompletableFuture<>();
        private final Consumer<PartialResponseContext> onPart;

        Collector(Consumer<PartialResponseContext> onPart) {
            this.onPart = onPart;
        }

        @Override
        public void onPartialResponse(PartialResponse part, PartialResponseContext context) {
            text.append(part.text());
            onPart.accept(context);
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
    void aStreamIsTheAnswerInPieces() {
        var collector = new Collector(_ -> {});
        streaming.chat("你好！", collector);
        var response = collector.end.join();
        assertThat(response.aiMessage().text())
                .isEqualTo(collector.text.toString())
                .isEqualTo(chat.chat("你好！"));
    }

    @Test
    void aCancelledStreamCompletesWithWhatThereIs() {
        var collector = new Collector(context -> context.streamingHandle().cancel());
        streaming.chat("讲一个长长的故事。", collector);
        var response = collector.end.join();
        assertThat(response.finishReason()).isEqualTo(FinishReason.OTHER);
        assertThat(response.aiMessage().text()).isEqualTo(collector.text.toString());
    }

    @Test
    void anErrorReachesTheHandlerOnce() {
        var collector = new Collector(_ -> {});
        streaming.chat("很".repeat(20_000), collector);
        assertThatThrownBy(collector.end::join).hasCauseInstanceOf(InvalidRequestException.class);
        var thrower =
                new Collector(_ -> {
                    throw new IllegalStateException("full");
                });
        streaming.chat("你好！", thrower);
        assertThatThrownBy(thrower.end::join).hasMessageContaining("full");
    }

    @Test
    void manyThreadsShareAModel() throws Exception {
        var questions = List.of("你好！", "你是谁？", "一加一等于几？", "讲个故事。");
        var alone = questions.stream().map(chat::chat).toList();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var answers = new ArrayList<Future<String>>();
            for (int i = 0; i < 12; i++) {
                String question = questions.get(i % 4);
                answers.add(threads.submit(() -> chat.chat(question)));
            }
            for (int i = 0; i < 12; i++)
                assertThat(answers.get(i).get()).isEqualTo(alone.get(i % 4));
        }
    }

    @Test
    void embeddingsHaveLengthOne() {
        var embeddings = new ChuanEmbeddingModel(model);
        var vector = embeddings.embed("山高水长").content();
        assertThat(vector.dimension()).isEqualTo(embeddings.dimension());
        double sum = 0;
        for (float x : vector.vector()) sum += (double) x * x;
        assertThat(sum).isBetween(1 - 1e-4, 1 + 1e-4);
    }
}
