package chuan.springai;

import chuan.engine.Cancellation;
import chuan.engine.ChatCall;
import chuan.engine.ChatReply;
import chuan.engine.LanguageModel;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.Prompt;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;

/// Spring AI's [ChatModel] on a model in this process. Any number of threads may use it. It does
/// not close the model.
///
/// What a prompt's options do not say is as the default options say, else as the model's own
/// `generation_config.json`. What Chuan does not have is an [UnsupportedOperationException], never
/// silently left out.
public final class ChuanChatModel implements ChatModel {
    private final LanguageModel model;
    private final ChuanChatOptions defaults;
    private final UnaryOperator<ChatCall> adjust;

    public ChuanChatModel(LanguageModel model) {
        this(model, ChuanChatOptions.builder().build(), UnaryOperator.identity());
    }

    /// @param adjust sees every call before it runs: for what Spring AI has no option for, such as
    ///   a seed
    public ChuanChatModel(
            LanguageModel model, ChatOptions defaults, UnaryOperator<ChatCall> adjust) {
        this.model = model;
        this.defaults = ChuanChatOptions.of(defaults);
        this.adjust = adjust;
    }

    @Override
    public ChuanChatOptions getOptions() {
        return defaults;
    }

    @Override
    public ChatResponse call(Prompt prompt) {
        return Responses.whole(id(), prompt(prompt).run());
    }

    /// The text piece by piece; the last response has no text but the calls of tools, the finish
    /// reason and the counts. Nothing runs before somebody subscribes; who cancels the subscription
    /// ends the run.
    @Override
    public Flux<ChatResponse> stream(Prompt prompt) {
        var call = prompt(prompt);
        return Flux.create(sink -> {
            var cancellation = new Cancellation();
            sink.onDispose(cancellation::cancel);
            Thread.ofVirtual()
                    .name("chuan-answer")
                    .start(() -> pass(call.cancelledBy(cancellation), sink));
        });
    }

    private ChatCall prompt(Prompt prompt) {
        return adjust.apply(Requests.call(model, defaults, prompt));
    }

    private static String id() {
        return "chuan-" + UUID.randomUUID();
    }

    private static void pass(ChatCall call, FluxSink<ChatResponse> sink) {
        String id = id();
        ChatReply reply;
        try {
            reply = call.stream(text -> sink.next(Responses.part(id, text)));
        } catch (RuntimeException e) {
            sink.error(e);
            return;
        }
        sink.next(Responses.end(id, reply));
        sink.complete();
    }
}
