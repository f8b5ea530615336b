package chuan.langchain4j;

import chuan.engine.ChatCall;
import chuan.engine.LanguageModel;
import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/// LangChain4j's [ChatModel] on a model in this process. Any number of threads may use it. It does
/// not close the model.
///
/// What a request does not say is as the default parameters say, else as the model's own
/// `generation_config.json`. What Chuan does not have is an
/// [dev.langchain4j.exception.UnsupportedFeatureException], never silently left out.
public final class ChuanChatModel implements ChatModel {
    private final LanguageModel model;
    private final ChatRequestParameters defaults;
    private final List<ChatModelListener> listeners;
    private final UnaryOperator<ChatCall> adjust;

    public ChuanChatModel(LanguageModel model) {
        this(model, ChatRequestParameters.builder().build(), List.of(), UnaryOperator.identity());
    }

    /// @param adjust sees every call before it runs: for what LangChain4j has no parameter for,
    ///   such as a seed
    public ChuanChatModel(
            LanguageModel model,
            ChatRequestParameters defaults,
            List<ChatModelListener> listeners,
            UnaryOperator<ChatCall> adjust) {
        this.model = model;
        this.defaults = defaults;
        this.listeners = List.copyOf(listeners);
        this.adjust = adjust;
    }

    @Override
    public ChatRequestParameters defaultRequestParameters() {
        return defaults;
    }

    @Override
    public Set<Capability> supportedCapabilities() {
        return Set.of(Capability.RESPONSE_FORMAT_JSON_SCHEMA);
    }

    @Override
    public List<ChatModelListener> listeners() {
        return listeners;
    }

    @Override
    public ChatResponse doChat(ChatRequest request) {
        try {
            return Responses.of(
                    request, adjust.apply(Requests.call(model, request)).run().result());
        } catch (RuntimeException e) {
            throw Failures.of(e);
        }
    }
}
