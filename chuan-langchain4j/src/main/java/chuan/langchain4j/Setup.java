package chuan.langchain4j;

import chuan.engine.ChatCall;
import chuan.engine.LanguageModel;
import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/// What [ChuanChatModel] and [ChuanStreamingChatModel] have in common: a model, and how requests
/// become its calls.
abstract sealed class Setup permits ChuanChatModel, ChuanStreamingChatModel {
    private final LanguageModel model;
    private final ChatRequestParameters defaults;
    private final List<ChatModelListener> listeners;
    private final UnaryOperator<ChatCall> adjust;

    Setup(LanguageModel model) {
        this(model, ChatRequestParameters.builder().build(), List.of(), UnaryOperator.identity());
    }

    Setup(
            LanguageModel model,
            ChatRequestParameters defaults,
            List<ChatModelListener> listeners,
            UnaryOperator<ChatCall> adjust) {
        this.model = model;
        this.defaults = defaults;
        this.listeners = List.copyOf(listeners);
        this.adjust = adjust;
    }

    public ChatRequestParameters defaultRequestParameters() {
        return defaults;
    }

    public Set<Capability> supportedCapabilities() {
        return Set.of(Capability.RESPONSE_FORMAT_JSON_SCHEMA);
    }

    public List<ChatModelListener> listeners() {
        return listeners;
    }

    final ChatCall call(ChatRequest request) {
        return adjust.apply(Requests.call(model, request));
    }
}
