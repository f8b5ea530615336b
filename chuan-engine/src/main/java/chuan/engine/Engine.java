package chuan.engine;

import chuan.files.GenerationConfig;
import chuan.model.Backend;
import chuan.model.ContextTooLongException;
import chuan.tokenizer.Tokenizer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/// A model with its tokenizer and its settings, ready to write text: the level below
/// [LanguageModel]. See docs/embedding.md.
///
/// Any number of threads may call it at the same time; their steps take turns on the back end. The
/// engine owns nothing that must be closed: whoever opened the back end closes it, after the last
/// call.
public final class Engine {
    private final Backend backend;
    private final Tokenizer tokenizer;
    private final GenerationSettings settings;
    private final EngineOptions options;
    private final int context;
    private final ReentrantLock turn = new ReentrantLock(true);

    /// With what the files of the model say, and its whole context.
    public Engine(Backend backend, Tokenizer tokenizer, GenerationConfig files) {
        this(
                backend,
                tokenizer,
                GenerationSettings.of(files, backend.config()),
                EngineOptions.defaults());
    }

    /// @throws InvalidRequestException if tokenizer, settings and model do not belong together
    public Engine(
            Backend backend,
            Tokenizer tokenizer,
            GenerationSettings settings,
            EngineOptions options) {
        int vocab = backend.config().vocab();
        if (tokenizer.vocabSize() > vocab)
            throw new InvalidRequestException(
                    "tokenizer",
                    "has "
                            + tokenizer.vocabSize()
                            + " pieces, but the model knows only "
                            + vocab
                            + " tokens");
        this.backend = backend;
        this.tokenizer = tokenizer;
        this.settings = settings;
        this.options = options;
        context = options.context() > 0 ? options.context() : backend.config().maxContext();
    }

    public Backend backend() {
        return backend;
    }

    public Tokenizer tokenizer() {
        return tokenizer;
    }

    public GenerationSettings settings() {
        return settings;
    }

    /// Tokens a sequence may have, prompt and answer together.
    public int context() {
        return context;
    }

    /// A request to continue `prompt` with the model's own settings. The text is taken letter by
    /// letter: it cannot spell control tokens.
    ///
    /// @throws InvalidRequestException if the prompt is empty
    public GenerateRequest request(String prompt) {
        return request(tokenizer.encode(prompt));
    }

    /// A request to continue `prompt` with the model's own settings.
    public GenerateRequest request(int... prompt) {
        return new GenerateRequest(
                prompt,
                true,
                settings.maxNewTokens(),
                List.of(),
                settings.eosIds(),
                settings.sampling(),
                -1);
    }

    public GenerateResult generate(GenerateRequest request, TokenListener listener) {
        return generate(request, listener, new Cancellation());
    }

    /// Continues a prompt until a stop, `maxTokens`, the end of the context or a cancellation.
    ///
    /// @throws ContextTooLongException if the prompt leaves no room in the context
    /// @throws InvalidRequestException if the prompt or `stopIds` hold an id that the model does
    ///   not know
    public GenerateResult generate(
            GenerateRequest request, TokenListener listener, Cancellation cancellation) {
        long wanted = (long) request.prompt().length + request.maxTokens() - 1;
        if (request.prompt().length > context)
            throw new ContextTooLongException(request.prompt().length, context);
        try (var sequence = newSequence((int) Math.min(wanted, context))) {
            return generate(sequence, request, listener, cancellation);
        }
    }

    /// Continues a prompt in a sequence that may hold a beginning of it.
    GenerateResult generate(
            Sequence sequence,
            GenerateRequest request,
            TokenListener listener,
            Cancellation cancellation) {
        checkIds(request);
        return new Generator(
                        tokenizer,
                        backend.config().vocab(),
                        sequence,
                        request,
                        listener,
                        cancellation)
                .run(options.prefillChunk());
    }

    /// Held by whoever calls the back end.
    ReentrantLock turn() {
        return turn;
    }

    Sequence newSequence(int capacity) {
        return new Sequence(backend, turn, capacity);
    }

    /// A conversation with the model's own chat format.
    public ChatSession chat() {
        return chat(settings.chatTemplate());
    }

    /// A conversation in a chat format of the caller's choice.
    ///
    /// @throws InvalidRequestException if the vocabulary lacks the ids of the chat format
    public ChatSession chat(ChatTemplate template) {
        checkId("user_token_id", template.userId());
        checkId("assistant_token_id", template.assistantId());
        checkId("eos_token_id", template.endId());
        return new ChatSession(this, template);
    }

    /// @throws InvalidRequestException if a request holds an id that the model does not know
    void checkIds(GenerateRequest request) {
        int[] prompt = request.prompt();
        for (int i = 0; i < prompt.length; i++) checkId("prompt[" + i + "]", prompt[i]);
        for (int id : request.stopIds()) checkId("stop_ids", id);
        for (int id : request.sampling().logitBias().keySet()) checkId("logit_bias", id);
        for (int id : request.reported()) checkId("reported", id);
    }

    void checkId(String field, int id) {
        if (id < 0 || id >= tokenizer.vocabSize())
            throw new InvalidRequestException(
                    field, id + " is not a token: the vocabulary has " + tokenizer.vocabSize());
    }

    /// The ids that end an answer in a chat: the model's own, and that of the user, whose turn it
    /// would be.
    public Set<Integer> chatStops(ChatTemplate template) {
        var stops = new HashSet<>(settings.eosIds());
        stops.add(template.endId());
        stops.add(template.userId());
        return Set.copyOf(stops);
    }
}
