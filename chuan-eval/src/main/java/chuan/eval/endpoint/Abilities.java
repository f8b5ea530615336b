package chuan.eval.endpoint;

import chuan.eval.ExaminationException;
import chuan.eval.Prompt;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import tools.jackson.databind.JsonNode;

/// What an endpoint offers, found out before the first question with a dozen of short requests.
///
/// @param model its name, as it is to be asked for
/// @param context tokens that prompt and answer may have together, if it says so
/// @param echo whether it reports how likely the tokens of a given text are
record Abilities(
        String model,
        OptionalInt context,
        Tokenizing tokenizing,
        Route text,
        Route chat,
        boolean echo) {

    /// @throws ExaminationException if there is nothing to be asked
    static Abilities explore(Transport transport, EndpointOptions options)
            throws InterruptedException {
        try {
            var models = transport.get("/models");
            var list = models.ok() ? models.body().path("data") : models.body().path("none");
            String model = model(options, list);
            var tokenizing = Tokenizing.of(transport, model);
            var text = Route.explore(transport, tokenizing, model, false);
            var chat = Route.explore(transport, tokenizing, model, true);
            if (!text.there() && !chat.there())
                throw new ExaminationException(
                        options.base()
                                + " answers neither texts nor conversations: "
                                + chat.refusal()
                                + "; check --endpoint and --endpoint-model");
            boolean echo = text.there() && Echo.offered(transport, text.dialect());
            return new Abilities(model, context(list, model), tokenizing, text, chat, echo);
        } catch (GaveUpException e) {
            throw new ExaminationException(options.base() + ": " + e.reason());
        }
    }

    private static String model(EndpointOptions options, JsonNode list) {
        if (!options.model().isEmpty()) return options.model();
        if (list.size() == 1) return list.path(0).path("id").asString("");
        throw new ExaminationException(
                options.base()
                        + (list.isEmpty()
                                ? " does not say what models it has"
                                : " has several models")
                        + ": name one with --endpoint-model");
    }

    private static OptionalInt context(JsonNode list, String model) {
        for (var entry : list) {
            var length = entry.path("max_model_len");
            if (entry.path("id").asString("").equals(model) && length.isInt())
                return OptionalInt.of(length.asInt());
        }
        return OptionalInt.empty();
    }

    /// @throws ExaminationException if it has none for such a prompt
    Route route(Prompt prompt) {
        var route =
                switch (prompt) {
                    case Prompt.Text _ -> text;
                    case Prompt.Chat _ -> chat;
                };
        if (route.there()) return route;
        throw new ExaminationException(
                "the endpoint has no "
                        + route.path()
                        + " ("
                        + route.refusal()
                        + "); "
                        + (route.chat() ? "ask without --chat" : "ask with --chat"));
    }

    Map<String, Object> facts() {
        var facts = new LinkedHashMap<String, Object>();
        facts.put("model", model);
        context.ifPresent(tokens -> facts.put("context", tokens));
        describe(facts, "texts", text, echo);
        describe(facts, "conversations", chat, false);
        facts.put("likelihoods", echo ? "of echoed texts" : "not offered");
        facts.put(
                "tokens",
                tokenizing.available()
                        ? "counted by /tokenize"
                        : "not counted: no examples are dropped");
        return facts;
    }

    private static void describe(
            Map<String, Object> facts, String name, Route route, boolean echo) {
        facts.put(name, route.there() ? route.path() : "not offered: " + route.refusal());
        if (!route.there()) return;
        facts.put("letters in " + name, route.letters().description(echo));
        if (!route.dialect().temperature())
            facts.put("temperature in " + name, "the endpoint's own: it cannot be set");
    }
}
