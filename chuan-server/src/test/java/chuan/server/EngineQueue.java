package chuan.server;

import chuan.engine.Cancellation;
import chuan.engine.Engine;
import chuan.engine.GenerateRequest;
import chuan.engine.Generation;
import chuan.engine.GenerationEvent;
import chuan.engine.TokenListener;
import chuan.engine.TokenLogprobs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Answers one request after the other on threads of their own.
record EngineQueue(Engine engine) implements ServedModel.Queue {
    @Override
    public Generation submit(GenerateRequest request, String scope) {
        return new Running(engine, request);
    }

    private static final class Running implements Generation, TokenListener {
        private final BlockingQueue<GenerationEvent> events = new ArrayBlockingQueue<>(256);
        private final Cancellation cancellation = new Cancellation();
        private final Thread thread;
        private final List<TokenLogprobs> tokens = new ArrayList<>();

        Running(Engine engine, GenerateRequest request) {
            thread =
                    Thread.ofVirtual()
                            .start(() -> {
                                var result = engine.generate(request, this, cancellation);
                                put(new GenerationEvent.Delta("", List.copyOf(tokens)));
                                put(new GenerationEvent.Finished(result));
                            });
        }

        private void put(GenerationEvent event) {
            try {
                events.put(event);
            } catch (InterruptedException _) {
                cancellation.cancel();
            }
        }

        @Override
        public void text(String delta) {
            put(new GenerationEvent.Delta(delta, List.copyOf(tokens)));
            tokens.clear();
        }

        @Override
        public void token(TokenLogprobs token) {
            tokens.add(token);
        }

        @Override
        public void prompt(int done, int total) {
            put(new GenerationEvent.Prompt(done, total, 0));
        }

        @Override
        public @Nullable GenerationEvent next(Duration wait) throws InterruptedException {
            return events.poll(wait.toNanos(), TimeUnit.NANOSECONDS);
        }

        @Override
        public void cancel() {
            cancellation.cancel();
        }

        @Override
        public void close() {
            cancel();
            thread.interrupt();
        }
    }
}
