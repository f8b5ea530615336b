package chuan.langchain4j;

import chuan.engine.Cancellation;
import chuan.engine.ChatCall;
import chuan.engine.LanguageModel;
import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.chat.response.StreamingHandle;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/// LangChain4j's [StreamingChatModel] on a model in this process: `chat` returns at once, and the
/// handler is called on a virtual thread, one call at a time. Cancelling by the handle completes
/// with what there is. Otherwise like [ChuanChatModel].
public final class ChuanStreamingChatModel implements StreamingChatModel {
    private final LanguageModel model;
    private final ChatRequestParameters defaults;
    private final List<ChatModelListener> listeners;
    private final UnaryOperator<ChatCall> adjust;

    public ChuanStreamingChatModel(LanguageModel model) {
        this(model, ChatRequestParameters.builder().build(), List.of(), UnaryOperator.identity());
    }

    /// @param adjust sees every call before it runs: for what LangChain4j has no parameter for,
    ///   such as a seed
    public ChuanStreamingChatModel(
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
    public void doChat(ChatRequest request, StreamingChatResponseHandler handler) {
        ChatCall call;
        try {
            call = adjust.apply(Requests.call(model, request));
        } catch (RuntimeException e) {
            handler.onError(Failures.of(e));
            return;
        }
        Thread.ofVirtual().name("chuan-answer").start(() -> answer(request, call, handler));
    }

    private static void answer(
            ChatRequest request, ChatCall call, StreamingChatResponseHandler handler) {
        var cancellation = new Cancellation();
        var context = new PartialResponseContext(new Handle(cancellation));
        ChatResponse response;
        try {
            var reply =
                    call.cancelledBy(cancellation).stream(
                            text -> handler.onPartialResponse(new PartialResponse(text), context));
            response = Responses.of(request, reply.result());
        } catch (RuntimeException e) {
            handler.onError(Failures.of(e));
            return;
        }
        handler.onCompleteResponse(response);
    }

    private record Handle(Cancellation cancellation) implements StreamingHandle {
        @Override
        public void cancel() {
            cancellation.cancel();
        }

        @Override
        public boolean isCancelled() {
            return cancellation.isCancelled();
        }
    }
}
