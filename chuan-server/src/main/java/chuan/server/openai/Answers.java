package chuan.server.openai;

import chuan.engine.GenerateRequest;
import chuan.engine.Generation;
import chuan.engine.GenerationEvent;
import chuan.server.ServedModel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Several answers on their way, read as one stream of events. One thread reads; any may cancel.
public final class Answers implements AutoCloseable {
    /// Events of several answers that wait to be read.
    private static final int WAITING = 64;

    private static final Duration LONG = Duration.ofHours(1);

    /// What happened to which answer.
    public record Event(int choice, GenerationEvent event) {}

    private final List<Generation> generations;
    private final BlockingQueue<Event> merged = new ArrayBlockingQueue<>(WAITING);
    private final List<Thread> readers = new ArrayList<>();
    private int running;

    private Answers(List<Generation> generations) {
        this.generations = generations;
        running = generations.size();
        // one is read directly; several by a thread each
        if (running > 1)
            for (int i = 0; i < running; i++) {
                int choice = i;
                readers.add(Thread.ofVirtual().name("chuan-choice-" + i).start(() -> pass(choice)));
            }
    }

    /// Asks for all of them, or for none if one is refused.
    public static Answers submit(ServedModel model, List<GenerateRequest> requests, String scope) {
        var generations = new ArrayList<Generation>(requests.size());
        try {
            for (var request : requests) generations.add(model.scheduler().submit(request, scope));
        } catch (RuntimeException e) {
            generations.forEach(Generation::close);
            throw e;
        }
        return new Answers(generations);
    }

    private void pass(int choice) {
        try {
            while (true) {
                var event = generations.get(choice).next(LONG);
                if (event == null) continue;
                merged.put(new Event(choice, event));
                if (isLast(event)) return;
            }
        } catch (InterruptedException _) {
            // closed
        }
    }

    private static boolean isLast(GenerationEvent event) {
        return event instanceof GenerationEvent.Finished || event instanceof GenerationEvent.Failed;
    }

    /// Answers that have not ended.
    public int running() {
        return running;
    }

    /// The next event, or null if none came within `wait`.
    public @Nullable Event next(Duration wait) throws InterruptedException {
        Event event;
        if (readers.isEmpty()) {
            var only = generations.getFirst().next(wait);
            event = only == null ? null : new Event(0, only);
        } else {
            event = merged.poll(wait.toNanos(), TimeUnit.NANOSECONDS);
        }
        if (event != null && isLast(event.event)) running--;
        return event;
    }

    /// Ends all of them before their next step.
    public void cancel() {
        generations.forEach(Generation::cancel);
    }

    @Override
    public void close() {
        readers.forEach(Thread::interrupt);
        generations.forEach(Generation::close);
    }
}
