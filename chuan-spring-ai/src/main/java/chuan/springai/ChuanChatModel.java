package chuan.springai;

import chuan.engine.ChatCall;
import chuan.engine.Generation;
import chuan.engine.GenerationEvent;
import chuan.engine.GenerationFailedException;
import chuan.engine.LanguageModel;
import java.time.Duration;
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
    private static final Duration WAIT = Duration.ofSeconds(1);

    private final LanguageModel model;
    private final ChatOptions defaults;
    private final UnaryOperator<ChatCall> adjust;

    public ChuanChatModel(LanguageModel model) {
        this(model, ChatOptions.builder().build(), UnaryOperator.identity());
    }

    /// @param adjust sees every call before it runs: for what Spring AI has no option for, such as
    ///   a seed
    public ChuanChatModel(
            LanguageModel model, ChatOptions defaults, UnaryOperator<ChatCall> adjust) {
        this.model = model;
        this.defaults = defaults;
        this.adjust = adjust;
    }

    @Override
    public ChatOptions getOptions() {
        return defaults;
    }

    @Override
    public ChatResponse call(Prompt prompt) {
        return Responses.whole(id(), prompt(prompt).run().result());
    }

    /// The text piece by piece; the last response has no text but the finish reason and the counts.
    /// Nothing runs before somebody subscribes; who cancels the subscription ends the run.
    @Override
    public Flux<ChatResponse> stream(Prompt prompt) {
        var call = prompt(prompt);
        return Flux.create(sink -> {
            var generation = call.start();
            sink.onDispose(generation::close);
            Thread.ofVirtual().name("chuan-answer").start(() -> pass(generation, sink));
        });
    }

    private ChatCall prompt(Prompt prompt) {
        return adjust.apply(Requests.call(model, defaults, prompt));
    }

    private static String id() {
        return "chuan-" + UUID.randomUUID();
    }

    private static void pass(Generation generation, FluxSink<ChatResponse> sink) {
        String id = id();
        try {
            while (!sink.isCancelled()) {
                switch (generation.next(WAIT)) {
                    case null -> {}
                    case GenerationEvent.Queued _, GenerationEvent.Prompt _ -> {}
                    case GenerationEvent.Delta delta -> {
                        if (!delta.text().isEmpty()) sink.next(Responses.part(id, delta.text()));
                    }
                    case GenerationEvent.Finished(var result) -> {
                        sink.next(Responses.end(id, result));
                        sink.complete();
                        return;
                    }
                    case GenerationEvent.Failed(String message) -> {
                        sink.error(new GenerationFailedException(message));
                        return;
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            sink.error(e);
        } catch (RuntimeException e) {
            sink.error(e);
        }
    }
}
