package chuan.eval;

import java.util.List;

/// One thing that a model is asked for one question. Each kind has its kind of [Reply].
public sealed interface Ask {
    Prompt prompt();

    /// How likely each letter is as the very next token.
    record Letters(Prompt prompt, List<String> letters, LetterTokens tokens) implements Ask {
        public Letters {
            letters = List.copyOf(letters);
        }
    }

    /// How likely each text is as the continuation of the prompt. Tokens are made of prompt and
    /// text together; those beyond the tokens of the prompt alone count.
    record Likelihood(Prompt prompt, List<String> continuations) implements Ask {
        public Likelihood {
            continuations = List.copyOf(continuations);
        }
    }

    /// The text that the model writes.
    ///
    /// @param stop strings that end it and are not part of it
    /// @param temperature 0 = always the most probable token
    /// @param seed for a temperature above 0
    record Writing(Prompt prompt, List<String> stop, int maxTokens, double temperature, long seed)
            implements Ask {
        public Writing {
            stop = List.copyOf(stop);
        }
    }
}
