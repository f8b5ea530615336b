package chuan.langchain4j;

import chuan.engine.ChatCall;
import chuan.engine.ChatMessage;
import chuan.engine.LanguageModel;
import chuan.engine.SamplingOptions;
import chuan.engine.tools.Tool;
import chuan.engine.tools.ToolCall;
import chuan.engine.tools.ToolChoice;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.internal.Json;
import dev.langchain4j.internal.JsonSchemaElementUtils;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.json.JsonSchemaElement;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// LangChain4j's requests as calls of the engine.
final class Requests {
    private Requests() {}

    static ChatCall call(LanguageModel model, ChatRequest request) {
        var parameters = request.parameters();
        var call =
                model.chat(messages(request.messages()))
                        .whole()
                        .sampling(own -> sampling(own, parameters));
        if (parameters.maxOutputTokens() != null)
            call = call.maxTokens(parameters.maxOutputTokens());
        if (parameters.stopSequences() != null)
            call = call.stop(parameters.stopSequences().toArray(String[]::new));
        return formatted(tooled(call, parameters), parameters.responseFormat());
    }

    private static ChatCall tooled(ChatCall call, ChatRequestParameters parameters) {
        var tools = parameters.toolSpecifications();
        if (tools == null || tools.isEmpty()) return call;
        ToolChoice choice =
                switch (parameters.toolChoice()) {
                    case null -> new ToolChoice.Auto();
                    case AUTO -> new ToolChoice.Auto();
                    case REQUIRED -> new ToolChoice.Required();
                    case NONE -> new ToolChoice.None();
                };
        return call.tools(tools.stream().map(Requests::tool).toList()).toolChoice(choice);
    }

    private static Tool tool(ToolSpecification tool) {
        return new Tool(
                tool.name(),
                tool.description() == null ? "" : tool.description(),
                tool.parameters() == null ? "" : schema(tool.parameters()),
                Boolean.TRUE.equals(tool.strict()));
    }

    private static ChatCall formatted(ChatCall call, @Nullable ResponseFormat format) {
        if (format == null || format.type() != ResponseFormatType.JSON) return call;
        if (format.jsonSchema() == null) return call.json();
        return call.json(schema(format.jsonSchema().rootElement()));
    }

    private static String schema(JsonSchemaElement element) {
        return Json.toJson(JsonSchemaElementUtils.toMap(element));
    }

    private static SamplingOptions sampling(SamplingOptions own, ChatRequestParameters p) {
        var s = own;
        if (p.temperature() != null) s = s.withTemperature(p.temperature());
        if (p.topP() != null) s = s.withTopP(p.topP());
        if (p.topK() != null) s = s.withTopK(p.topK());
        if (p.frequencyPenalty() != null) s = s.withFrequencyPenalty(p.frequencyPenalty());
        if (p.presencePenalty() != null) s = s.withPresencePenalty(p.presencePenalty());
        return s;
    }

    private static List<ChatMessage> messages(
            List<dev.langchain4j.data.message.ChatMessage> messages) {
        var all = new ArrayList<ChatMessage>();
        for (var message : messages) {
            all.add(
                    switch (message) {
                        case SystemMessage system -> ChatMessage.system(system.text());
                        case UserMessage user -> ChatMessage.user(text(user.contents()));
                        case AiMessage answer ->
                                ChatMessage.assistant(
                                        answer.text() == null ? "" : answer.text(), calls(answer));
                        case ToolExecutionResultMessage result ->
                                ChatMessage.tool(
                                        result.toolName() == null ? "" : result.toolName(),
                                        text(result.contents()));
                        default ->
                                throw new UnsupportedFeatureException(
                                        "messages of type "
                                                + message.type()
                                                + " are not supported");
                    });
        }
        return all;
    }

    private static List<ToolCall> calls(AiMessage answer) {
        return answer.toolExecutionRequests().stream()
                .map(call ->
                        new ToolCall(
                                call.name(), call.arguments() == null ? "{}" : call.arguments()))
                .toList();
    }

    private static String text(List<Content> contents) {
        var text = new StringBuilder();
        for (var content : contents) {
            if (!(content instanceof TextContent part))
                throw new UnsupportedFeatureException(
                        "content of type "
                                + content.type()
                                + " is not supported: the model reads"
                                + " text");
            text.append(part.text());
        }
        return text.toString();
    }
}
