package chuan.eval.task;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// How one kind of question is put, and how its answer is taken.
///
/// A prompt is `header`, then `item`, `answer` and `between` for each example, then `question`. As
/// messages: `system` if there is one; each example is `item` of the user and `answer` of the
/// assistant; the header stands in front of the first `item`.
///
/// @param option each option within `{options}`, with `join` between two
/// @param continuation what a likelihood is taken of, for each option; begins with the space that
///   belongs to it
/// @param prior the prompt without a question, whose likelihoods are taken off
/// @param stop what ends a written answer
/// @param judge who reads it
record Layout(
        Asking ask,
        Score score,
        Template system,
        Template header,
        Template item,
        Template answer,
        Template between,
        Template question,
        Template option,
        String join,
        Template continuation,
        Template prior,
        List<String> stop,
        int maxTokens,
        Optional<TextJudge> judge) {

    enum Asking {
        LETTERS,
        LIKELIHOOD,
        WRITE
    }

    enum Score {
        /// The sum of log-probabilities.
        SUM,
        /// Divided by the characters of the option.
        PER_CHARACTER,
        /// Divided by the UTF-8 bytes of the option.
        PER_BYTE,
        /// Less the sum behind a prompt that holds no question.
        PRIOR
    }

    static final Set<String> KEYS =
            Set.of(
                    "ask",
                    "score",
                    "system",
                    "header",
                    "item",
                    "answer",
                    "between",
                    "question",
                    "option",
                    "join",
                    "continuation",
                    "prior",
                    "stop",
                    "max-tokens",
                    "judge");

    private static final int LONGEST_ANSWER = 1 << 20;

    Layout {
        stop = List.copyOf(stop);
    }

    /// @param known names that templates may use
    static Layout read(Keys keys, Set<String> known) {
        var ask = keys.choice("ask", Asking.class, Asking.LETTERS);
        var item = template(keys, "item", "", known);
        if (item.source().isEmpty()) throw keys.wrong("item", "is missing");
        int maxTokens = keys.optionalInteger("max-tokens").orElse(512);
        if (maxTokens < 1 || maxTokens > LONGEST_ANSWER)
            throw keys.wrong("max-tokens", maxTokens + ": from 1 to " + LONGEST_ANSWER);
        var judge = keys.optionalChoice("judge", TextJudge.class);
        if (ask == Asking.WRITE && judge.isEmpty())
            throw keys.wrong("judge", "is missing: who reads what the model writes?");
        return new Layout(
                ask,
                keys.choice("score", Score.class, Score.SUM),
                template(keys, "system", "", known),
                template(keys, "header", "", known),
                item,
                template(keys, "answer", "{key}", known),
                template(keys, "between", "", known),
                template(keys, "question", item.source(), known),
                template(keys, "option", "\n{letter}. {text}", Set.of("letter", "text")),
                keys.text("join", ""),
                template(keys, "continuation", " {letter}", Set.of("letter", "text")),
                template(keys, "prior", "", known),
                keys.texts("stop"),
                maxTokens,
                judge);
    }

    private static Template template(Keys keys, String key, String otherwise, Set<String> known) {
        var template = Template.of(keys.text(key, otherwise));
        for (String name : template.names())
            if (!known.contains(name) && !(known.size() > 2 && name.matches("[A-Z]")))
                throw keys.wrong(
                        key,
                        "{"
                                + name
                                + "} is unknown; known are "
                                + String.join(
                                        ", ", new ArrayList<>(new java.util.TreeSet<>(known))));
        return template;
    }
}
