package chuan.eval.local;

import chuan.engine.ChatTemplate;
import chuan.engine.Engine;
import chuan.engine.InvalidRequestException;
import chuan.eval.Ask;
import chuan.eval.ExaminationException;
import chuan.eval.LetterTokens;
import chuan.eval.Prompt;
import chuan.eval.Reply;
import chuan.tokenizer.PieceKind;
import chuan.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Turns what is asked into tokens. Thread-safe.
///
/// Where prompt and answer together outgrow the context, tokens are cut from the left of a text, as
/// lm-evaluation-harness does, and the oldest rounds from a conversation.
final class Preparation {
    /// Larger than any conversation; half of it is no overflow either.
    private static final int NO_LIMIT = 1 << 28;

    /// A prompt as tokens.
    ///
    /// @param ids that the model is to see
    /// @param tokens that there were before any were cut
    record Tokens(int[] ids, int tokens) {}

    /// What is to be computed for an ask, or why it cannot be.
    sealed interface Prepared {}

    record Computed(List<Line> lines) implements Prepared {}

    record Impossible(int ask, Reply.Failure reply) implements Prepared {}

    private final Tokenizer tokenizer;
    private final ChatTemplate template;
    private final int context;

    Preparation(Engine engine) {
        tokenizer = engine.tokenizer();
        template = engine.settings().chatTemplate();
        context = engine.context();
    }

    /// The prompt in front of an answer of `answer` tokens.
    Tokens prompt(Prompt prompt, int answer) {
        return switch (prompt) {
            case Prompt.Text(String text) -> {
                int[] ids = orStart(tokenizer.encode(text));
                yield new Tokens(last(ids, context - answer), ids.length);
            }
            case Prompt.Chat(var messages) -> {
                var fitted =
                        template.render(messages, tokenizer::encode, context, Math.max(1, answer));
                boolean whole = fitted.droppedMessages() == 0 && !fitted.truncated();
                int[] ids =
                        whole
                                ? fitted.ids()
                                : template.render(messages, tokenizer::encode, NO_LIMIT, 1).ids();
                yield new Tokens(fitted.ids(), ids.length);
            }
        };
    }

    Prepared prepare(int ask, Ask.Letters letters) {
        int[] ids = new int[letters.letters().size()];
        for (int i = 0; i < ids.length; i++)
            ids[i] = idOf(tokenizer, letters.letters().get(i), letters.tokens());
        Tokens prompt;
        try {
            prompt = prompt(letters.prompt(), 0);
        } catch (InvalidRequestException e) { // a conversation that does not fit
            return new Impossible(ask, new Reply.Failure(String.valueOf(e.getMessage())));
        }
        var answering = new Answering.Letters(ask, prompt.tokens, ids);
        int length = prompt.ids.length;
        return new Computed(List.of(new Line(answering, 0, prompt.ids, length, length - 1)));
    }

    Prepared prepare(int ask, Ask.Likelihood likelihood) {
        int count = likelihood.continuations().size();
        var lines = new Line[count];
        Answering.@Nullable Likelihood answering = null;
        for (int part = 0; part < count; part++) {
            Split split;
            try {
                split = split(likelihood.prompt(), likelihood.continuations().get(part));
            } catch (InvalidRequestException e) {
                return new Impossible(ask, new Reply.Failure(String.valueOf(e.getMessage())));
            }
            if (split.answer < 1 || split.answer > context)
                return new Impossible(
                        ask,
                        new Reply.Failure(
                                "continuation %d has %d tokens of its own, in a context of %d"
                                        .formatted(part, split.answer, context)));
            if (answering == null) answering = new Answering.Likelihood(ask, split.prompt, count);
            int[] ids = last(split.ids, context + 1);
            int length = ids.length - 1;
            lines[part] = new Line(answering, part, ids, length, ids.length - split.answer - 1);
        }
        return new Computed(List.of(lines));
    }

    /// A prompt and its continuation.
    ///
    /// @param prompt tokens of the prompt alone
    /// @param answer tokens of the continuation
    private record Split(int[] ids, int prompt, int answer) {}

    /// As lm-evaluation-harness: white space at the end of a prompt belongs to the continuation;
    /// tokens are made of both together, and those beyond as many as the prompt alone has are the
    /// continuation's.
    private Split split(Prompt prompt, String continuation) {
        return switch (prompt) {
            case Prompt.Text(String text) -> {
                String bare = text.substring(0, endWithoutSpace(text));
                int[] before = tokenizer.encode(bare);
                int[] whole = tokenizer.encode(text + continuation);
                if (before.length > 0)
                    yield new Split(whole, before.length, whole.length - before.length);
                yield new Split(concat(orStart(before), whole), 1, whole.length);
            }
            case Prompt.Chat _ -> {
                int[] answer = tokenizer.encode(continuation);
                var before = prompt(prompt, Math.min(answer.length, context));
                yield new Split(concat(before.ids, answer), before.tokens, answer.length);
            }
        };
    }

    private static int endWithoutSpace(String text) {
        int end = text.length();
        while (end > 0 && isSpace(text.charAt(end - 1))) end--;
        return end;
    }

    /// What Python takes for white space.
    private static boolean isSpace(char c) {
        return Character.isSpaceChar(c)
                || (c >= '\t' && c <= '\r')
                || (c >= 0x1c && c <= 0x1f)
                || c == 0x85;
    }

    /// Before an empty text there is the token that texts begin with; without one, that which ends
    /// them.
    private int[] orStart(int[] ids) {
        if (ids.length > 0) return ids;
        int start = tokenizer.bosId() >= 0 ? tokenizer.bosId() : tokenizer.eosId();
        if (start < 0)
            throw new InvalidRequestException("prompt", "is empty: there is nothing to go on from");
        return new int[] {start};
    }

    private static int[] last(int[] ids, int count) {
        return count >= ids.length ? ids : Arrays.copyOfRange(ids, ids.length - count, ids.length);
    }

    private static int[] concat(int[] a, int[] b) {
        int[] both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }

    /// @throws ExaminationException if no single token stands for the letter
    static int idOf(Tokenizer tokenizer, String letter, LetterTokens tokens) {
        int id =
                switch (tokens) {
                    case WORD_START -> {
                        int[] ids = tokenizer.encode(letter);
                        yield ids.length == 0 ? -1 : ids[ids.length - 1];
                    }
                    case PLAIN -> tokenizer.idOf(letter);
                };
        if (id >= 0 && tokenizer.kind(id) == PieceKind.NORMAL) return id;
        throw new ExaminationException(
                "the vocabulary has no token for the letter %s (%s); ask for the likelihood or for"
                                .formatted(letter, tokens)
                        + " a written answer: --protocol lm-eval, or --letters");
    }
}
