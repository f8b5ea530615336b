package chuan.eval.endpoint;

import chuan.eval.Prompt;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// How likely a given text is, of endpoints that report log-probabilities of the prompt (`echo`).
final class Echo {
    private Echo() {}

    /// A continuation behind its context.
    ///
    /// @param sum of natural logarithms
    /// @param greedy whether each token was the most likely one, as far as was reported
    record Score(double sum, int tokens, boolean greedy) {}

    static boolean offered(Transport transport, Dialect dialect)
            throws GaveUpException, InterruptedException {
        String text = "A, B, C, D";
        var answer = transport.post(Dialect.path(false), request(dialect, text));
        var choice = answer.body().path("choices").path(0);
        return answer.ok() && score(choice, text, text.length() - 1).tokens == 1;
    }

    /// One token more than the text: not every endpoint lets there be none.
    static ObjectNode request(Dialect dialect, String text) {
        return dialect.oneToken(new Prompt.Text(text)).put("echo", true).put("logprobs", 1);
    }

    /// @param text that was sent
    /// @param context characters of it, as Java counts them, that are given; a token that begins
    ///   among them and ends behind them is not
    /// @return without tokens if nothing was reported, or not of this text
    static Score score(JsonNode choice, String text, int context) {
        var logprobs = choice.path("logprobs");
        var offsets = logprobs.path("text_offset");
        var given = logprobs.path("token_logprobs");
        boolean echoed = choice.path("text").asString("").startsWith(text);
        if (!echoed || offsets.size() < given.size()) return new Score(0, 0, false);
        int from = text.codePointCount(0, context);
        int to = text.codePointCount(0, text.length());
        double sum = 0;
        int tokens = 0;
        boolean greedy = true;
        for (int i = 0; i < given.size(); i++) {
            int begin = offsets.path(i).asInt(to);
            int end = i + 1 < offsets.size() ? offsets.path(i + 1).asInt(to) : to + 1;
            if (end <= from || begin >= to) continue;
            var logprob = given.path(i);
            if (!logprob.isNumber()) continue; // the first of all has none
            sum += logprob.asDouble();
            tokens++;
            for (var best : logprobs.path("top_logprobs").path(i))
                greedy &= logprob.asDouble() >= best.asDouble(Double.NEGATIVE_INFINITY);
        }
        return new Score(sum, tokens, greedy);
    }
}
