package chuan.springai;

import chuan.engine.ChatCall;
import chuan.engine.ChatMessage;
import chuan.engine.LanguageModel;
import chuan.engine.SamplingOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.model.tool.StructuredOutputChatOptions;
import org.springframework.ai.model.tool.ToolCallingChatOptions;

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
        refuseWhatIsMissing(prompt.getOptions());
        var options = new Layers(prompt.getOptions(), defaults);
        var call =
                model.chat(messages(prompt.getInstructions()))
                        .whole()
                        .sampling(own -> sampling(own, options));
        Integer maxTokens = options.get(ChatOptions::getMaxTokens);
        if (maxTokens != null) call = call.maxTokens(maxTokens);
        List<String> stop = options.get(ChatOptions::getStopSequences);
        if (stop != null) call = call.stop(stop.toArray(String[]::new));
        return formatted(call, prompt.getOptions());
    }

    private static void refuseWhatIsMissing(@Nullable ChatOptions options) {
        var tools =
                options instanceof ToolCallingChatOptions tooled ? tooled.getToolCallbacks() : null;
        if (tools != null && !tools.isEmpty())
            throw new UnsupportedOperationException("tools are not supported");
    }

    private static ChatCall formatted(ChatCall call, @Nullable ChatOptions options) {
        String schema =
                options instanceof StructuredOutputChatOptions structured
                        ? structured.getOutputSchema()
                        : null;
        return schema == null || schema.isBlank() ? call : call.json(schema);
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
            all.add(
                    switch (message) {
                        case SystemMessage system -> ChatMessage.system(text(system));
                        case UserMessage user -> {
                            if (!user.getMedia().isEmpty())
                                throw new UnsupportedOperationException(
                                        "media are not supported: the model reads text");
                            yield ChatMessage.user(text(user));
                        }
                        case AssistantMessage answer -> {
                            if (answer.hasToolCalls())
                                throw new UnsupportedOperationException("tools are not supported");
                            yield ChatMessage.assistant(text(answer));
                        }
                        default ->
                                throw new UnsupportedOperationException(
                                        "messages of type "
                                                + message.getMessageType()
                                                + " are not supported");
                    });
        }
        return all;
    }

    private static String text(Message message) {
        String text = message.getText();
        return text == null ? "" : text;
    }
}
