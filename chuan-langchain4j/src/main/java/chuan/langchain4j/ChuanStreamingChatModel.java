package chuan.langchain4j;

import chuan.engine.Cancellation;
import chuan.engine.ChatCall;
import chuan.engine.LanguageModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import java.util.List;
import java.util.function.UnaryOperator;

/// LangChain4j's [StreamingChatModel] on a model in this process: `chat` returns at once, and the
/// handler is called on a virtual thread, one call at a time. Cancelling by the handle completes
/// with what there is. Otherwise like [ChuanChatModel].
public final class ChuanStreamingChatModel extends Setup implements StreamingChatModel {
    public ChuanStreamingChatModel(LanguageModel model) {
        super(model);
    }

    /// @param adjust sees every call before it runs: for what LangChain4j has no parameter for,
    ///   such as a seed
    public ChuanStreamingChatModel(
            LanguageModel model,
            ChatRequestParameters defaults,
            List<ChatModelListener> listeners,
            UnaryOperator<ChatCall> adjust) {
        super(model, defaults, listeners, adjust);
    }

    @Override
    public void doChat(ChatRequest request, StreamingChatResponseHandler handler) {
        ChatCall call;
        try {
            call = call(request);
        } catch (RuntimeException e) {
            handler.onError(Failures.of(e));
            return;
        }
        Thread.ofVirtual().name("chuan-answer").start(() -> answer(request, call, handler));
    }

    private static void answer(
            ChatRequest request, ChatCall call, StreamingChatResponseHandler handler) {
        var cancellation = new Cancellation();
        var parts = new StreamedParts(handler, cancellation);
        ChatResponse response;
        try {
            var reply = call.cancelledBy(cancellation).streamDeltas(parts);
            response = Responses.of(request, reply, parts.finish());
        } catch (RuntimeException e) {
            handler.onError(Failures.of(e));
            return;
        }
        handler.onCompleteResponse(response);
    }
}
