package chuan.server.openai;

import chuan.engine.GenerateRequest;
import chuan.engine.GenerateResult;
import chuan.engine.GenerationEvent;
import chuan.engine.TokenLogprobs;
import chuan.server.ApiException;
import chuan.server.ClientConnection;
import chuan.server.Exchange;
import chuan.server.ServedModel;
import chuan.server.ServerOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Has answers generated and tells a listener, on the request's thread, until all are complete. A
/// client that leaves ends them before their next step; so does the server's limit on time.
public final class AnswerLoop {
    private final ServedModel model;
    private final ServerOptions options;
    private final Exchange exchange;

    public AnswerLoop(ServedModel model, ServerOptions options, Exchange exchange) {
        this.model = model;
        this.options = options;
        this.exchange = exchange;
    }

    /// @throws ApiException if an answer could not be finished; and what the scheduler refuses with
    public void run(List<GenerateRequest> requests, AnswerListener listener) {
        long deadline = System.nanoTime() + options.requestTimeout().toNanos();
        try (var answers = Answers.submit(model, requests, exchange.scope())) {
            ClientConnection.current().whenGone(answers::cancel);
            var texts = new ArrayList<Text>();
            for (int i = 0; i < requests.size(); i++) texts.add(new Text());
            while (answers.running() > 0) {
                long left = deadline - System.nanoTime();
                if (left <= 0) answers.cancel();
                var event = answers.next(left > 0 ? shorter(left) : options.keepAlive());
                if (event == null) listener.idle();
                else tell(event, texts.get(event.choice()), listener);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw ApiException.unavailable("The server is shutting down", Duration.ofSeconds(10));
        }
    }

    private Duration shorter(long leftNanos) {
        return Duration.ofNanos(Math.min(leftNanos, options.keepAlive().toNanos()));
    }

    private void tell(Answers.Event event, Text text, AnswerListener listener) {
        int choice = event.choice();
        switch (event.event()) {
            case GenerationEvent.Queued(int place) -> listener.queued(choice, place);
            case GenerationEvent.Prompt progress -> {
                text.begun = true;
                listener.prompt(choice, progress);
            }
            case GenerationEvent.Delta(String delta, List<TokenLogprobs> tokens) -> {
                exchange.firstToken();
                text.begun = true;
                text.held.addAll(tokens);
                text.send(choice, delta, listener);
            }
            case GenerationEvent.Finished(GenerateResult result) -> {
                text.send(choice, result.text().substring(text.sent), listener);
                var statistics = result.statistics();
                exchange.answered(
                        statistics.promptTokens(),
                        statistics.cachedTokens(),
                        result.ids().size(),
                        result.finishReason().name().toLowerCase(Locale.ROOT));
                listener.finished(choice, result, text.takeHeld());
            }
            case GenerationEvent.Failed(String message) -> throw failed(message, text.begun);
        }
    }

    /// What never began was not the request's fault and may go better later.
    private static ApiException failed(String message, boolean begun) {
        return begun
                ? ApiException.server("The answer could not be finished: " + message)
                : ApiException.unavailable("Not answered: " + message, Duration.ofSeconds(10));
    }

    /// What of an answer has been sent, and tokens whose text has not.
    private static final class Text {
        private boolean begun;
        private int sent;
        private List<TokenLogprobs> held = new ArrayList<>();

        void send(int choice, String delta, AnswerListener listener) {
            if (delta.isEmpty()) return;
            sent += delta.length();
            listener.text(choice, delta, takeHeld());
        }

        List<TokenLogprobs> takeHeld() {
            var taken = held;
            held = new ArrayList<>();
            return taken;
        }
    }
}
