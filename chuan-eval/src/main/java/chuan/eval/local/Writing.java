package chuan.eval.local;

import chuan.engine.Cancellation;
import chuan.engine.Engine;
import chuan.engine.FinishReason;
import chuan.engine.GenerateRequest;
import chuan.engine.GenerateResult;
import chuan.engine.Generation;
import chuan.engine.GenerationEvent;
import chuan.engine.InvalidRequestException;
import chuan.engine.SamplingOptions;
import chuan.engine.Scheduler;
import chuan.engine.SchedulerOptions;
import chuan.eval.Ask;
import chuan.eval.Examinee.Listener;
import chuan.eval.Prompt;
import chuan.eval.Reply;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/// Lets a model write answers, several at a time; each is the one that it would be alone. One
/// thread; owns a [Scheduler].
final class Writing implements AutoCloseable {
    private static final Duration MOMENT = Duration.ofMillis(20);

    /// An answer that is being written.
    private record Running(int ask, int promptTokens, Generation generation) {}

    private final Engine engine;
    private final Preparation preparation;
    private final int most;
    private final Scheduler scheduler;

    /// @param most answers that are written at a time
    Writing(Engine engine, Preparation preparation, int most) {
        this.engine = engine;
        this.preparation = preparation;
        this.most = most;
        scheduler =
                new Scheduler(
                        engine,
                        SchedulerOptions.defaults().withMaxRunning(most).withMaxQueued(most + 1));
    }

    /// @param which of the asks are to be answered; all are [Ask.Writing]
    /// @throws CancellationException after a cancellation
    void answer(List<Ask> asks, List<Integer> which, Listener listener, Cancellation cancellation) {
        var running = new ArrayList<Running>();
        try {
            for (int next = 0; next < which.size() || !running.isEmpty(); ) {
                if (cancellation.isCancelled()) throw new CancellationException();
                while (next < which.size() && running.size() < most) {
                    int ask = which.get(next++);
                    start(ask, (Ask.Writing) asks.get(ask), listener, running);
                }
                if (!running.isEmpty()) listen(running, listener);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted");
        } finally {
            for (var one : running) one.generation.close();
        }
    }

    private void start(int ask, Ask.Writing writing, Listener listener, List<Running> running) {
        if (writing.maxTokens() >= engine.context()) {
            var why =
                    "an answer of %d tokens leaves no room for a question in a context of %d"
                            .formatted(writing.maxTokens(), engine.context());
            listener.reply(ask, new Reply.Failure(why), 0);
            return;
        }
        try {
            var prompt = preparation.prompt(writing.prompt(), writing.maxTokens());
            var generation = scheduler.submit(request(writing, prompt.ids()), "");
            running.add(new Running(ask, prompt.tokens(), generation));
        } catch (InvalidRequestException e) {
            listener.reply(ask, new Reply.Failure(String.valueOf(e.getMessage())), 0);
        }
    }

    private GenerateRequest request(Ask.Writing writing, int[] prompt) {
        boolean chat = writing.prompt() instanceof Prompt.Chat;
        var settings = engine.settings();
        return new GenerateRequest(
                prompt,
                !chat,
                writing.maxTokens(),
                writing.stop(),
                chat ? engine.chatStops(settings.chatTemplate()) : settings.eosIds(),
                SamplingOptions.pure()
                        .withTemperature(writing.temperature())
                        .withSeed(writing.seed()),
                -1);
    }

    /// Takes what came, or waits a moment for the oldest.
    private static void listen(List<Running> running, Listener listener)
            throws InterruptedException {
        boolean any = false;
        for (int i = 0; i < running.size(); ) {
            var one = running.get(i);
            var event = one.generation.next(any || i > 0 ? Duration.ZERO : MOMENT);
            any |= event != null;
            while (event != null && !isLast(event)) event = one.generation.next(Duration.ZERO);
            if (event == null) {
                i++;
                continue;
            }
            tell(one, event, listener);
            one.generation.close();
            running.remove(i);
        }
    }

    private static boolean isLast(@Nullable GenerationEvent event) {
        return event instanceof GenerationEvent.Finished || event instanceof GenerationEvent.Failed;
    }

    private static void tell(Running one, GenerationEvent event, Listener listener) {
        switch (event) {
            case GenerationEvent.Finished(GenerateResult result) ->
                    listener.reply(
                            one.ask,
                            new Reply.Writing(
                                    result.text(),
                                    result.finishReason() == FinishReason.LENGTH,
                                    one.promptTokens,
                                    result.statistics().generatedTokens()),
                            result.statistics().prefillSeconds()
                                    + result.statistics().decodeSeconds());
            case GenerationEvent.Failed(String message) ->
                    listener.reply(one.ask, new Reply.Failure(message), 0);
            case GenerationEvent.Queued _, GenerationEvent.Prompt _, GenerationEvent.Delta _ -> {}
        }
    }

    @Override
    public void close() {
        scheduler.close();
    }
}
