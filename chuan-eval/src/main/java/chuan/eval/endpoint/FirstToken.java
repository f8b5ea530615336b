package chuan.eval.endpoint;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/// A candidate for the first token of an answer, as an endpoint reports it.
///
/// @param text with a blank where the vocabulary has its own sign for one
/// @param id -1 if it was not reported
/// @param logprob natural logarithm
record FirstToken(String text, int id, double logprob) {

    /// The chosen token and those reported beside it; empty if nothing was reported.
    static List<FirstToken> candidates(JsonNode choice) {
        var found = new ArrayList<FirstToken>();
        var logprobs = choice.path("logprobs");
        // the form of chats, which some servers use for texts as well: a list of tokens
        var first = logprobs.path("content").path(0);
        add(found, first);
        for (var candidate : first.path("top_logprobs")) add(found, candidate);
        // the form of texts: lists of texts, of numbers, of maps
        var map = logprobs.path("top_logprobs").path(0);
        for (var entry : map.properties())
            if (entry.getValue().isNumber()) add(found, entry.getKey(), -1, entry.getValue());
        // where several tokens look alike, those that were asked for count
        var chosen = logprobs.path("token_logprobs").path(0);
        String token = logprobs.path("tokens").path(0).asString("");
        if (chosen.isNumber() && !map.has(token)) add(found, token, -1, chosen);
        return found;
    }

    private static void add(List<FirstToken> found, JsonNode candidate) {
        var logprob = candidate.path("logprob");
        int id = candidate.path("id").asInt(-1);
        if (logprob.isNumber()) add(found, candidate.path("token").asString(""), id, logprob);
    }

    private static void add(List<FirstToken> found, String token, int id, JsonNode logprob) {
        String spelledId = "token_id:";
        if (token.startsWith(spelledId)
                && token.substring(spelledId.length()).matches("[0-9]{1,9}"))
            found.add(
                    new FirstToken(
                            "",
                            Integer.parseInt(token.substring(spelledId.length())),
                            logprob.asDouble()));
        else
            found.add(
                    new FirstToken(
                            token.replace('\u2581', ' ').replace('\u0120', ' '),
                            id,
                            logprob.asDouble()));
    }
}
