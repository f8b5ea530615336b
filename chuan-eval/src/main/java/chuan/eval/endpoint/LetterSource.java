package chuan.eval.endpoint;

import chuan.eval.LetterTokens;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Where the scores of letters come from, from the best to the worst that endpoints offer.
enum LetterSource {
    /// The letters' tokens, asked for by id.
    BY_ID("log-probabilities of the letters' own tokens (logprob_token_ids)", 1),
    TOP_20("the 20 most likely tokens", 20),
    TOP_5("the 5 most likely tokens", 5),
    WRITTEN("written answers, read strictly: the endpoint reports no log-probabilities", 0);

    private final String description;
    private final int top;

    LetterSource(String description, int top) {
        this.description = description;
        this.top = top;
    }

    /// @param echo whether a letter that is not reported can be asked for as a given text
    String description(boolean echo) {
        return switch (this) {
            case BY_ID -> description;
            case WRITTEN ->
                    echo
                            ? "log-probabilities of each letter, echoed behind the prompt"
                            : description;
            case TOP_20, TOP_5 ->
                    description
                            + (echo
                                    ? "; a letter that is not among them is echoed behind the prompt"
                                    : "; a letter that is not among them counts as impossible");
        };
    }

    LetterSource worse() {
        return values()[Math.min(ordinal() + 1, values().length - 1)];
    }

    /// Adds to a request what asks for the scores.
    ///
    /// @param ids of the letters' tokens, for [#BY_ID]
    void ask(ObjectNode request, int[] ids) {
        if (this == WRITTEN) return;
        if (request.has("messages")) request.put("logprobs", true).put("top_logprobs", top);
        else request.put("logprobs", top);
        if (this == BY_ID) {
            var list = request.putArray("logprob_token_ids");
            // a letter is chosen: of an answer that ends at once nothing would be reported
            var bias = request.putObject("logit_bias");
            for (int id : ids) {
                list.add(id);
                bias.put(Integer.toString(id), 100);
            }
        }
    }

    /// Scores of letters in one form of their tokens.
    ///
    /// @param scores negative infinity for a letter that was not reported
    record Scores(LetterTokens form, double[] scores) {
        boolean any() {
            return Arrays.stream(scores).anyMatch(score -> score > Double.NEGATIVE_INFINITY);
        }
    }

    /// Scores of letters for the first token of an answer.
    ///
    /// Tokens are told by id where both sides know it, else by their text: the letter behind a
    /// blank for the start of a word, else the letter alone. If not one letter occurs in the form
    /// asked for, the other form counts: elsewhere vocabularies differ.
    ///
    /// @param ids of the letters' tokens; empty if unknown
    static Scores scores(
            JsonNode choice, List<String> letters, LetterTokens form, List<OptionalInt> ids) {
        var candidates = FirstToken.candidates(choice);
        var asked = new Scores(form, scores(candidates, letters, form, ids));
        if (asked.any() || ids.stream().anyMatch(OptionalInt::isPresent)) return asked;
        var other =
                switch (form) {
                    case WORD_START -> LetterTokens.PLAIN;
                    case PLAIN -> LetterTokens.WORD_START;
                };
        var found = new Scores(other, scores(candidates, letters, other, ids));
        return found.any() ? found : asked;
    }

    private static double[] scores(
            List<FirstToken> candidates,
            List<String> letters,
            LetterTokens form,
            List<OptionalInt> ids) {
        var scores = new double[letters.size()];
        Arrays.fill(scores, Double.NEGATIVE_INFINITY);
        for (int i = 0; i < scores.length; i++) {
            String text = spelled(letters.get(i), form);
            var id = ids.isEmpty() ? OptionalInt.empty() : ids.get(i);
            for (var candidate : candidates) {
                boolean comparable = id.isPresent() && candidate.id() >= 0;
                boolean same =
                        comparable
                                ? id.getAsInt() == candidate.id()
                                : candidate.text().equals(text);
                if (same) scores[i] = Math.max(scores[i], candidate.logprob());
            }
        }
        return scores;
    }

    static String spelled(String letter, LetterTokens form) {
        return switch (form) {
            case WORD_START -> " " + letter;
            case PLAIN -> letter;
        };
    }
}
