package chuan.springai;

import chuan.engine.ChatReply;
import chuan.engine.FinishReason;
import java.util.List;
import java.util.UUID;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.AssistantMessage.ToolCall;
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

    static ChatResponse whole(String id, ChatReply reply) {
        return ended(id, reply.text(), reply);
    }

    /// What follows the last piece of text: calls of tools, which Spring AI takes as a whole.
    static ChatResponse end(String id, ChatReply reply) {
        return ended(id, "", reply);
    }

    private static ChatResponse ended(String id, String text, ChatReply reply) {
        var counts = reply.result().statistics();
        var usage =
                new DefaultUsage(
                        counts.promptTokens(),
                        counts.generatedTokens(),
                        Math.addExact(counts.promptTokens(), counts.generatedTokens()),
                        counts,
                        (long) counts.cachedTokens(),
                        null);
        var calls =
                reply.calls().stream()
                        .map(call ->
                                new ToolCall(newId(), "function", call.name(), call.arguments()))
                        .toList();
        var message = AssistantMessage.builder().content(text).toolCalls(calls).build();
        var reason = ChatGenerationMetadata.builder().finishReason(reason(reply));
        return new ChatResponse(
                List.of(new Generation(message, reason.build())),
                ChatResponseMetadata.builder().id(id).usage(usage).build());
    }

    private static String newId() {
        return "call_" + UUID.randomUUID();
    }

    private static String reason(ChatReply reply) {
        var reason = reply.result().finishReason();
        return reason == FinishReason.STOP && !reply.calls().isEmpty()
                ? "TOOL_CALLS"
                : reason.name();
    }
}
