package chuan.engine;

import chuan.engine.constrain.Constraints;
import chuan.engine.tools.AnswerReader;
import chuan.engine.tools.ToolDelta;
import java.time.Duration;
import java.util.List;
import java.util.Spliterator;
import java.util.Spliterators.AbstractSpliterator;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/// What the model is to write, and how; begun by [LanguageModel]. A value: what changes it gives a
/// changed copy. Nothing is computed, and no value is checked against the model, before it runs.
///
/// It runs on the scheduler's thread; the caller's waits. An interrupt ends it with a
/// [CancellationException] and leaves the thread interrupted.
///
/// Everything that runs it throws
///
/// - [InvalidRequestException] or [chuan.model.ContextTooLongException] for what cannot be run,
/// - [OverloadedException] if too many wait already,
/// - [GenerationFailedException] if it breaks off.
///
/// @param <C> the kind of call itself
/// @param <R> what it gives in the end
public abstract sealed class Call<C extends Call<C, R>, R> permits ChatCall, TextCall {
    /// How soon a [Cancellation] is noticed while the model is busy with something.
    private static final Duration LOOK = Duration.ofMillis(20);

    final LanguageModel model;
    final CallSettings settings;

    Call(LanguageModel model, CallSettings settings) {
        this.model = model;
        this.settings = settings;
    }

    abstract C with(CallSettings changed);

    /// The request, made anew for each run.
    abstract Prepared<R> prepare();

    /// A request, who reads its answer, and what becomes of its result then.
    record Prepared<R>(
            GenerateRequest request, AnswerReader reader, Function<GenerateResult, R> result) {}

    /// Changes how tokens are chosen, beginning with what was said before: at first the model's own
    /// settings.
    public C sampling(UnaryOperator<SamplingOptions> change) {
        return with(settings.withSampling(change.apply(settings.sampling())));
    }

    /// 0 takes the most probable token each time; higher is more varied.
    public C temperature(double value) {
        return sampling(s -> s.withTemperature(value));
    }

    /// The same seed gives the same text.
    public C seed(long value) {
        return sampling(s -> s.withSeed(value));
    }

    /// Tokens of the answer at most.
    public C maxTokens(int value) {
        return with(settings.withMaxTokens(value));
    }

    /// Ends the text before any of these would appear in it.
    public C stop(String... strings) {
        return with(settings.withStop(List.of(strings)));
    }

    /// Reports log-probabilities in the result: of each chosen token and of so many alternatives.
    public C logprobs(int alternatives) {
        return with(settings.withLogprobs(alternatives));
    }

    /// Lets the model write only what `value` accepts.
    public C constraint(Constraint value) {
        return with(settings.withConstraint(value));
    }

    /// Lets the model write one JSON object, and nothing around it.
    ///
    /// Tell it in the prompt, too, what is wanted: a constraint keeps it from writing anything
    /// else, but not from writing on until [#maxTokens].
    public C json() {
        return constraint(grammars().jsonObject());
    }

    /// Lets the model write a value of a JSON schema, and nothing around it.
    ///
    /// @throws chuan.engine.constrain.SchemaException if the schema cannot be followed to the
    ///   letter
    public C json(String schema) {
        return constraint(grammars().jsonSchema(schema));
    }

    /// Lets the model write what a regular expression matches from beginning to end.
    public C regex(String pattern) {
        return constraint(grammars().regex(pattern));
    }

    /// Lets the model write one of these texts.
    public C choice(String... texts) {
        return constraint(grammars().choice(List.of(texts)));
    }

    /// Those for a text that goes on with its prompt, or for one of its own.
    abstract Constraints grammars();

    /// Ends it when somebody calls [Cancellation#cancel]; what there is then is the result.
    public C cancelledBy(Cancellation value) {
        return with(settings.withCancellation(value));
    }

    /// On behalf of whom: different scopes share the model fairly, and none can tell from the speed
    /// what another asked.
    public C scope(String value) {
        return with(settings.withScope(value));
    }

    /// Runs it and gives it as a whole.
    public R run() {
        return stream(_ -> {});
    }

    /// Runs it; the text goes to `text` as it comes, on this thread: whole characters, and nothing
    /// of a stop string. An exception thrown there ends the run and comes out here.
    public R stream(Consumer<? super String> text) {
        return deltas(delta -> {
            if (delta instanceof ToolDelta.Content(String more)) text.accept(more);
        });
    }

    /// Runs it; what the text turns out to be goes to `taker` as it comes.
    final R deltas(Consumer<? super ToolDelta> taker) {
        var prepared = prepare();
        var reader = prepared.reader();
        try (var generation = submit(prepared.request())) {
            while (true) {
                switch (next(generation)) {
                    case GenerationEvent.Queued _, GenerationEvent.Prompt _ -> {}
                    case GenerationEvent.Delta delta -> reader.accept(delta.text()).forEach(taker);
                    case GenerationEvent.Finished(GenerateResult result) -> {
                        reader.finish().forEach(taker);
                        return prepared.result().apply(result);
                    }
                    case GenerationEvent.Failed(String message) ->
                            throw new GenerationFailedException(message);
                }
            }
        }
    }

    /// Starts it; the text comes piece by piece from the stream, which belongs to one thread.
    /// Closing the stream ends the run, so one that may be left early belongs into a `try`.
    public Stream<String> stream() {
        var prepared = prepare();
        var reader = prepared.reader();
        var generation = submit(prepared.request());
        var pieces =
                new AbstractSpliterator<String>(
                        Long.MAX_VALUE, Spliterator.ORDERED | Spliterator.NONNULL) {
                    private boolean over;

                    @Override
                    public boolean tryAdvance(Consumer<? super String> action) {
                        while (!over) {
                            String more =
                                    switch (next(generation)) {
                                        case GenerationEvent.Queued _, GenerationEvent.Prompt _ ->
                                                "";
                                        case GenerationEvent.Delta delta ->
                                                content(reader.accept(delta.text()));
                                        case GenerationEvent.Finished _ -> {
                                            over = true;
                                            yield content(reader.finish());
                                        }
                                        case GenerationEvent.Failed(String message) -> {
                                            over = true;
                                            throw new GenerationFailedException(message);
                                        }
                                    };
                            if (more.isEmpty()) continue;
                            action.accept(more);
                            return true;
                        }
                        return false;
                    }
                };
        return StreamSupport.stream(pieces, false).onClose(generation::close);
    }

    private static String content(List<ToolDelta> deltas) {
        var content = new StringBuilder();
        for (ToolDelta delta : deltas)
            if (delta instanceof ToolDelta.Content(String text)) content.append(text);
        return content.toString();
    }

    /// Starts it; everything that happens comes as an event: its place in the queue, progress on
    /// the prompt, tokens with their probabilities, the text as the model writes it, calls of tools
    /// included. The caller closes it.
    public Generation start() {
        return submit(prepare().request());
    }

    private Generation submit(GenerateRequest request) {
        return model.scheduler().submit(request, settings.scope());
    }

    private GenerationEvent next(Generation generation) {
        try {
            while (true) {
                if (settings.cancellation().isCancelled()) generation.cancel();
                var event = generation.next(LOOK);
                if (event != null) return event;
            }
        } catch (InterruptedException e) {
            generation.close();
            Thread.currentThread().interrupt();
            var ended = new CancellationException("interrupted while the model was writing");
            ended.initCause(e);
            throw ended;
        }
    }
}
