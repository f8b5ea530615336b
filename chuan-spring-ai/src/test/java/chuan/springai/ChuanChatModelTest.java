package chuan.springai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import chuan.engine.ChatSession;
import chuan.engine.Chuan;
import chuan.engine.LanguageModel;
import chuan.engine.TokenListener;
import chuan.model.ContextTooLongException;
import java.nio.file.Path;
import java.time.Duration;
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
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.content.Media;
import org.springframework.ai.model.tool.StructuredOutputChatOptions;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.util.MimeTypeUtils;
import reactor.core.publisher.Flux;

/// What Spring AI expects of a model, on the model that comes with the repository; the answers are
/// compared with those of a session that computes by itself.
@Timeout(60)
@NullUnmarked // whatever Spring AI may leave out is asserted to be there
class ChuanChatModelTest {
    private static LanguageModel model;
    private static ChuanChatModel chat;

    @BeforeAll
    static void open() {
        model =
                Chuan.open(
                        Path.of(System.getProperty("chuan.root", ".."), "models/chuan-10m-chat"));
        var defaults = ChatOptions.builder().temperature(0.0).maxTokens(40).build();
        chat = new ChuanChatModel(model, defaults, UnaryOperator.identity());
    }

    @AfterAll
    static void close() {
        model.close();
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
                    chat.call(
                            new Prompt(
                                    new SystemMessage("你是一个助手。"),
                                    new UserMessage("你好！"),
                                    new AssistantMessage(first.text()),
                                    new UserMessage("介绍一下你自己。")));
            assertThat(response.getResult().getOutput().getText())
                    .isEqualTo(second.text())
                    .isNotBlank();
            var counts = second.result().statistics();
            var usage = response.getMetadata().getUsage();
            assertThat(usage.getPromptTokens()).isEqualTo(counts.promptTokens());
            assertThat(usage.getCompletionTokens()).isEqualTo(counts.generatedTokens());
            assertThat(usage.getTotalTokens())
                    .isEqualTo(counts.promptTokens() + counts.generatedTokens());
        }
    }

    @Test
    void finishReasonsAreThoseOfTheEngine() {
        var cut = chat.call(new Prompt("你好！", ChatOptions.builder().maxTokens(3).build()));
        assertThat(cut.getResult().getMetadata().getFinishReason()).isEqualTo("LENGTH");
        assertThat(cut.getMetadata().getUsage().getCompletionTokens()).isEqualTo(3);
        String whole = chat.call("你好！");
        String stop = whole.substring(2, 4);
        var stopped =
                chat.call(
                        new Prompt(
                                "你好！", ChatOptions.builder().stopSequences(List.of(stop)).build()));
        assertThat(stopped.getResult().getMetadata().getFinishReason()).isEqualTo("STOP");
        assertThat(stopped.getResult().getOutput().getText())
                .isEqualTo(whole.substring(0, whole.indexOf(stop)));
    }

    @Test
    void optionsReachTheSampler() {
        var seeded =
                new ChuanChatModel(
                        model,
                        ChatOptions.builder()
                                .temperature(1.5)
                                .topP(0.9)
                                .topK(50)
                                .presencePenalty(0.5)
                                .frequencyPenalty(0.5)
                                .maxTokens(40)
                                .build(),
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
        assertThat(seeded.call("讲个故事。")).isEqualTo(expected.text());
        assertThat(chat.call("讲个故事。")).isNotEqualTo(expected.text());
    }

    @Test
    void aStreamIsTheAnswerInPiecesAndEndsWithTheCounts() {
        var responses = chat.stream(new Prompt("你好！")).collectList().block();
        String text =
                responses.stream()
                        .map(r -> r.getResult().getOutput().getText())
                        .collect(Collectors.joining());
        assertThat(text).isEqualTo(chat.call("你好！"));
        assertThat(responses).hasSizeGreaterThan(2);
        var last = responses.getLast();
        assertThat(last.getResult().getMetadata().getFinishReason()).isIn("STOP", "LENGTH");
        assertThat(last.getMetadata().getUsage().getCompletionTokens()).isPositive();
        assertThat(responses)
                .extracting(r -> r.getMetadata().getId())
                .containsOnly(last.getMetadata().getId());
    }

    @Test
    void nothingRunsUnaskedAndACancelledSubscriptionEndsTheRun() throws Exception {
        long before = model.scheduler().statistics().accepted();
        var flux =
                chat.stream(new Prompt("讲一个长长的故事。", ChatOptions.builder().maxTokens(2000).build()));
        assertThat(model.scheduler().statistics().accepted()).isEqualTo(before);
        assertThat(flux.take(2).collectList().block()).hasSize(2);
        while (model.scheduler().statistics().running() > 0) Thread.sleep(5);
        assertThat(model.scheduler().statistics().accepted()).isEqualTo(before + 1);
    }

    @Test
    void aSchemaIsFollowed() {
        var options =
                StructuredOutputChatOptions.builder()
                        .outputSchema(
                                """
                                {"type": "object", "properties": {"place": {"enum": ["山", "水"]}},
                                 "required": ["place"], "additionalProperties": false}
                                """)
                        .build();
        var response = chat.call(new Prompt("你住在哪里？", options));
        assertThat(response.getResult().getOutput().getText())
                .matches("\\{\"place\": ?\"[山水]\"\\}");
        assertThat(response.getResult().getMetadata().getFinishReason()).isEqualTo("STOP");
    }

    @Test
    void whatChuanDoesNotHaveIsRefused() {
        var picture =
                UserMessage.builder()
                        .text("这是什么？")
                        .media(
                                new Media(
                                        MimeTypeUtils.IMAGE_PNG,
                                        new ByteArrayResource(new byte[] {1, 2, 3})))
                        .build();
        assertThatThrownBy(() -> chat.call(new Prompt(picture)))
                .isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> chat.call("很".repeat(20_000)))
                .isInstanceOf(ContextTooLongException.class);
        assertThatThrownBy(() -> chat.stream("很".repeat(20_000)).blockLast())
                .isInstanceOf(ContextTooLongException.class);
    }

    @Test
    void aChatClientTalksWithIt() {
        var client = ChatClient.create(chat);
        assertThat(client.prompt().user("你好！").call().content()).isEqualTo(chat.call("你好！"));
        var streams =
                Flux.range(0, 8)
                        .flatMap(_ ->
                                client.prompt().user("你好！").stream()
                                        .content()
                                        .collect(Collectors.joining()));
        assertThat(streams.collectList().block(Duration.ofSeconds(50)))
                .hasSize(8)
                .containsOnly(chat.call("你好！"));
    }

    @Test
    void embeddingsHaveLengthOne() {
        var embeddings = new ChuanEmbeddingModel(model);
        float[] vector = embeddings.embed("山高水长");
        assertThat(vector).hasSize(embeddings.dimensions());
        double sum = 0;
        for (float x : vector) sum += (double) x * x;
        assertThat(sum).isBetween(1 - 1e-4, 1 + 1e-4);
    }
}
