package chuan.langchain4j;

import chuan.engine.GenerateResult;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import java.util.UUID;

/// The engine's results as LangChain4j's responses.
final class Responses {
    private Responses() {}

    static ChatResponse of(ChatRequest request, GenerateResult result) {
        var counts = result.statistics();
        return ChatResponse.builder()
                .aiMessage(AiMessage.from(result.text()))
                .id("chuan-" + UUID.randomUUID())
                .modelName(request.modelName())
                .tokenUsage(new TokenUsage(counts.promptTokens(), counts.generatedTokens()))
                .finishReason(
                        switch (result.finishReason()) {
                            case STOP -> FinishReason.STOP;
                            case LENGTH -> FinishReason.LENGTH;
                            case CANCELLED -> FinishReason.OTHER;
                        })
                .build();
    }
}
