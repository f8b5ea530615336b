package chuan.langchain4j;

import chuan.engine.ChatReply;
import chuan.engine.tools.ToolCall;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import java.util.List;
import java.util.UUID;

/// The engine's results as LangChain4j's responses.
final class Responses {
    private Responses() {}

    /// @param calls those of the reply, as the framework knows them already
    static ChatResponse of(ChatRequest request, ChatReply reply, List<ToolExecutionRequest> calls) {
        var result = reply.result();
        var counts = result.statistics();
        return ChatResponse.builder()
                .aiMessage(message(reply.text(), calls))
                .id("chuan-" + UUID.randomUUID())
                .modelName(request.modelName())
                .tokenUsage(new TokenUsage(counts.promptTokens(), counts.generatedTokens()))
                .finishReason(
                        switch (result.finishReason()) {
                            case STOP ->
                                    calls.isEmpty()
                                            ? FinishReason.STOP
                                            : FinishReason.TOOL_EXECUTION;
                            case LENGTH -> FinishReason.LENGTH;
                            case CANCELLED -> FinishReason.OTHER;
                        })
                .build();
    }

    private static AiMessage message(String text, List<ToolExecutionRequest> calls) {
        if (calls.isEmpty()) return AiMessage.from(text);
        return text.isEmpty() ? AiMessage.from(calls) : AiMessage.from(text, calls);
    }

    static List<ToolExecutionRequest> requests(List<ToolCall> calls) {
        return calls.stream().map(call -> request(newId(), call)).toList();
    }

    static String newId() {
        return "call_" + UUID.randomUUID();
    }

    static ToolExecutionRequest request(String id, ToolCall call) {
        return ToolExecutionRequest.builder()
                .id(id)
                .name(call.name())
                .arguments(call.arguments().isEmpty() ? "{}" : call.arguments())
                .build();
    }
}
