package chuan.springai;

import chuan.engine.ChatCall;
import chuan.engine.ChatMessage;
import chuan.engine.LanguageModel;
import chuan.engine.SamplingOptions;
import chuan.engine.tools.Tool;
import chuan.engine.tools.ToolCall;
import chuan.engine.tools.ToolChoice;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.model.tool.StructuredOutputChatOptions;
import org.springframework.ai.model.tool.ToolCallingChatOptions;
import org.springframework.ai.tool.ToolCallback;

/// Spring AI's prompts as calls of the engine.
final class Requests {
    private Requests() {}

    /// The options of a prompt with those behind them that count where they say nothing.
    private record Layers(@Nullable ChatOptions own, ChatOptions defaults) {
        <T> @Nullable T get(Function<ChatOptions, @Nullable T> option) {
            T value = own == null ? null : option.apply(own);
            return value == null ? option.apply(defaults) : value;
        }
    }

    static ChatCall call(LanguageModel model, ChatOptions defaults, Prompt prompt) {
        var options = new Layers(prompt.getOptions(), defaults);
        var call =
                model.chat(messages(prompt.getInstructions()))
                        .whole()
                        .sampling(own -> sampling(own, options));
        Integer maxTokens = options.get(ChatOptions::getMaxTokens);
        if (maxTokens != null) call = call.maxTokens(maxTokens);
        List<String> stop = options.get(ChatOptions::getStopSequences);
        if (stop != null) call = call.stop(stop.toArray(String[]::new));
        String schema = options.get(Requests::schema);
        return tooled(schema == null ? call : call.json(schema), options);
    }

    private static @Nullable String schema(ChatOptions options) {
        String schema =
                options instanceof StructuredOutputChatOptions structured
                        ? structured.getOutputSchema()
                        : null;
        return schema == null || schema.isBlank() ? null : schema;
    }

    private static @Nullable List<ToolCallback> tools(ChatOptions options) {
        var tools =
                options instanceof ToolCallingChatOptions tooled ? tooled.getToolCallbacks() : null;
        return tools == null || tools.isEmpty() ? null : tools;
    }

    private static ChatCall tooled(ChatCall call, Layers options) {
        List<ToolCallback> tools = options.get(Requests::tools);
        if (tools == null) return call;
        var offered = call.tools(tools.stream().map(Requests::tool).toList());
        Boolean parallel =
                options.get(
                        o -> o instanceof ChuanChatOptions own ? own.getParallelToolCalls() : null);
        if (parallel != null) offered = offered.parallelToolCalls(parallel);
        ToolChoice choice =
                options.get(o -> o instanceof ChuanChatOptions own ? own.getToolChoice() : null);
        boolean met =
                choice != null
                        && choice.forced()
                        && call.messages().getLast().role() == ChatMessage.Role.TOOL;
        return choice == null || met ? offered : offered.toolChoice(choice);
    }

    private static Tool tool(ToolCallback callback) {
        var definition = callback.getToolDefinition();
        return new Tool(definition.name(), definition.description(), definition.inputSchema());
    }

    private static SamplingOptions sampling(SamplingOptions own, Layers options) {
        var s = own;
        Double temperature = options.get(ChatOptions::getTemperature);
        if (temperature != null) s = s.withTemperature(temperature);
        Double topP = options.get(ChatOptions::getTopP);
        if (topP != null) s = s.withTopP(topP);
        Integer topK = options.get(ChatOptions::getTopK);
        if (topK != null) s = s.withTopK(topK);
        Double presence = options.get(ChatOptions::getPresencePenalty);
        if (presence != null) s = s.withPresencePenalty(presence);
        Double frequency = options.get(ChatOptions::getFrequencyPenalty);
        if (frequency != null) s = s.withFrequencyPenalty(frequency);
        return s;
    }

    private static List<ChatMessage> messages(List<Message> messages) {
        var all = new ArrayList<ChatMessage>();
        for (var message : messages) {
            switch (message) {
                case SystemMessage system -> all.add(ChatMessage.system(text(system)));
                case UserMessage user -> {
                    if (!user.getMedia().isEmpty())
                        throw new UnsupportedOperationException(
                                "media are not supported: the model reads text");
                    all.add(ChatMessage.user(text(user)));
                }
                case AssistantMessage answer -> {
                    var calls = new ArrayList<ToolCall>();
                    for (var call : answer.getToolCalls())
                        calls.add(new ToolCall(call.name(), call.arguments()));
                    all.add(ChatMessage.assistant(text(answer), calls));
                }
                case ToolResponseMessage results -> {
                    for (var result : results.getResponses())
                        all.add(ChatMessage.tool(result.name(), result.responseData()));
                }
                default ->
                        throw new UnsupportedOperationException(
                                "messages of type "
                                        + message.getMessageType()
                                        + " are not supported");
            }
        }
        return all;
    }

    private static String text(Message message) {
        String text = message.getText();
        return text == null ? "" : text;
    }
}
