package chuan.langchain4j;

import chuan.engine.ChatCall;
import chuan.engine.LanguageModel;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.util.List;
import java.util.function.UnaryOperator;

/// LangChain4j's [ChatModel] on a model in this process. Any number of threads may use it. It does
/// not close the model.
///
/// What a request does not say is as the default parameters say, else as the model's own
/// `generation_config.json`. What Chuan does not have is an
/// [dev.langchain4j.exception.UnsupportedFeatureException], never silently left out.
public final class ChuanChatModel extends Setup implements ChatModel {
    public ChuanChatModel(LanguageModel model) {
        super(model);
    }

    /// @param adjust sees every call before it runs: for what LangChain4j has no parameter for,
    ///   such as a seed
    public ChuanChatModel(
            LanguageModel model,
            ChatRequestParameters defaults,
            List<ChatModelListener> listeners,
            UnaryOperator<ChatCall> adjust) {
        super(model, defaults, listeners, adjust);
    }

    @Override
    public ChatResponse doChat(ChatRequest request) {
        try {
            var reply = call(request).run();
            return Responses.of(request, reply, Responses.requests(reply.calls()));
        } catch (RuntimeException e) {
            throw Failures.of(e);
        }
    }
}
