package chuan.engine;

import chuan.engine.constrain.Constraints;
import chuan.engine.tools.ToolUse;
import chuan.model.Backend;
import chuan.tokenizer.Tokenizer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An open model, to talk with and to write with. Any number of threads may use it at the same
/// time: their answers grow together, and each is the one that it would be alone.
///
/// Calls are values: each `with`-like method of a [Call] gives a changed copy, so a call can be
/// kept, shared and run as often as one likes.
public final class LanguageModel implements AutoCloseable {
    private final Engine engine;
    private final Scheduler scheduler;
    private final Constraints constraints;
    private final @Nullable Backend owned;

    /// On a back end of the caller's, who closes it after this.
    public LanguageModel(Engine engine, SchedulerOptions scheduling) {
        this(engine, scheduling, null);
    }

    /// @param owned closed with this
    LanguageModel(Engine engine, SchedulerOptions scheduling, @Nullable Backend owned) {
        this.engine = engine;
        this.owned = owned;
        constraints = new Constraints(engine.tokenizer());
        scheduler = new Scheduler(engine, scheduling);
    }

    /// Asks a question.
    public ChatCall chat(String question) {
        return chat(List.of(ChatMessage.user(question)));
    }

    /// Continues a conversation whose last message is a question.
    public ChatCall chat(List<ChatMessage> messages) {
        return new ChatCall(
                this, CallSettings.of(engine.settings()), messages, false, ToolUse.NONE);
    }

    /// Continues a text. It is taken letter by letter: it cannot spell control tokens.
    public TextCall complete(String prompt) {
        return complete(engine.tokenizer().encode(prompt));
    }

    /// Continues a text that is ids already, of [#tokenizer].
    public TextCall complete(int... prompt) {
        return new TextCall(this, CallSettings.of(engine.settings()), prompt);
    }

    /// Where a text lies among others: the mean of what the model makes of its tokens, scaled to
    /// length one, so that the dot product of two of them is their cosine.
    ///
    /// @throws InvalidRequestException if the text is empty
    public float[] embed(String text) {
        return embed(engine.tokenizer().encode(text));
    }

    /// The same for a text that is ids already.
    public float[] embed(int... ids) {
        return scheduler.embed(ids);
    }

    public Tokenizer tokenizer() {
        return engine.tokenizer();
    }

    /// Grammars for [Call#constraint], of which a [Call] has the usual ones as methods.
    public Constraints constraints() {
        return constraints;
    }

    /// What the model says about itself: usual sampling, answer lengths, chat format.
    public GenerationSettings settings() {
        return engine.settings();
    }

    /// Tokens that prompt and answer may have together.
    public int context() {
        return engine.context();
    }

    /// One sentence for people: device, kernels, number formats.
    public String description() {
        return engine.backend().description();
    }

    /// The level below: requests of ids, sessions that hold their own cache, what measures models.
    public Engine engine() {
        return engine;
    }

    /// What runs the calls of all threads together; a server asks it for its figures.
    public Scheduler scheduler() {
        return scheduler;
    }

    /// Ends what runs, with [FinishReason#CANCELLED], and gives the memory back.
    @Override
    public void close() {
        try {
            scheduler.close();
        } finally {
            if (owned != null) owned.close();
        }
    }
}
