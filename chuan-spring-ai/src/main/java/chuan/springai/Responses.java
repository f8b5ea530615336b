package chuan.springai;

import chuan.engine.GenerateResult;
import java.util.List;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.metadata.ChatGenerationMetadata;
import org.springframework.ai.chat.metadata.ChatResponseMetadata;
import org.springframework.ai.chat.metadata.DefaultUsage;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;

/// The engine's results as Spring AI's responses. Finish reasons are spelled as Spring AI's other
/// models spell them.
final class Responses {
    private Responses() {}

    static ChatResponse part(String id, String text) {
        return new ChatResponse(
                List.of(new Generation(new AssistantMessage(text))),
                ChatResponseMetadata.builder().id(id).build());
    }

    static ChatResponse whole(String id, GenerateResult result) {
        return ended(id, result.text(), result);
    }

    /// What follows the last piece of text.
    static ChatResponse end(String id, GenerateResult result) {
        return ended(id, "", result);
    }

    private static ChatResponse ended(String id, String text, GenerateResult result) {
        var counts = result.statistics();
        var usage =
                new DefaultUsage(
                        counts.promptTokens(),
                        counts.generatedTokens(),
                        Math.addExact(counts.promptTokens(), counts.generatedTokens()),
                        counts,
                        (long) counts.cachedTokens(),
                        null);
        var reason = ChatGenerationMetadata.builder().finishReason(result.finishReason().name());
        return new ChatResponse(
                List.of(new Generation(new AssistantMessage(text), reason.build())),
                ChatResponseMetadata.builder().id(id).usage(usage).build());
    }
}
