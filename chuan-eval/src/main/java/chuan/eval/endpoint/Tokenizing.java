package chuan.eval.endpoint;

import chuan.eval.LetterTokens;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/// The tokenizer of an endpoint, where it has `/tokenize` as llama.cpp's server and vLLM have it.
/// Thread-safe.
final class Tokenizing {
    /// Texts behind which a letter stands for the two forms that a token of it may have.
    private static final Map<LetterTokens, List<String>> BEFORE =
            Map.of(
                    LetterTokens.WORD_START, List.of("", " ", "is "),
                    LetterTokens.PLAIN, List.of("", "：", "(", "是"));

    private final Transport transport;
    private final String model;
    private final @Nullable URI route;
    private final Map<String, OptionalInt> letters = new ConcurrentHashMap<>();
    private final Map<String, Integer> counts = new ConcurrentHashMap<>();

    private Tokenizing(Transport transport, String model, @Nullable URI route) {
        this.transport = transport;
        this.model = model;
        this.route = route;
    }

    /// Looks for it beside the other routes and at the root.
    static Tokenizing of(Transport transport, String model)
            throws GaveUpException, InterruptedException {
        for (URI uri : List.of(transport.at("/tokenize"), transport.at("").resolve("/tokenize"))) {
            var answer = transport.post(uri, body(model, "A"));
            if (answer.ok() && count(answer.body()) > 0)
                return new Tokenizing(transport, model, uri);
        }
        return new Tokenizing(transport, model, null);
    }

    boolean available() {
        return route != null;
    }

    private static JsonNode body(String model, String text) {
        var body = JsonNodeFactory.instance.objectNode();
        if (!model.isEmpty()) body.put("model", model);
        return body.put("content", text)
                .put("prompt", text)
                .put("add_special", false)
                .put("add_special_tokens", false)
                .put("return_token_strs", true);
    }

    private static int count(JsonNode answer) {
        return answer.path("count").asInt(answer.path("tokens").size());
    }

    private JsonNode tokenize(String text) throws GaveUpException, InterruptedException {
        if (route == null) throw new UnsupportedOperationException("no /tokenize");
        var answer = transport.post(route, body(model, text));
        if (!answer.ok()) throw transport.refused(answer);
        return answer.body();
    }

    /// Tokens of a text. What was counted once, examples above all, is remembered.
    int count(String text) throws GaveUpException, InterruptedException {
        Integer known = counts.get(text);
        if (known != null) return known;
        int count = count(tokenize(text));
        counts.put(text, count);
        return count;
    }

    /// The token of a letter; empty if it is not known.
    OptionalInt id(String letter, LetterTokens form) throws GaveUpException, InterruptedException {
        if (route == null) return OptionalInt.empty();
        String key = LetterSource.spelled(letter, form);
        var known = letters.get(key);
        if (known != null) return known;
        var found = find(letter, form);
        letters.put(key, found);
        return found;
    }

    private OptionalInt find(String letter, LetterTokens form)
            throws GaveUpException, InterruptedException {
        var pieces =
                switch (form) {
                    case WORD_START -> List.of("\u2581" + letter, "\u0120" + letter, " " + letter);
                    case PLAIN -> List.of(letter);
                };
        for (String before : BEFORE.getOrDefault(form, List.of())) {
            var answer = tokenize(before + letter);
            int last = answer.path("tokens").size() - 1;
            String piece = answer.path("token_strs").path(last).asString("");
            var id = answer.path("tokens").path(last);
            if (pieces.contains(piece) && id.isInt()) return OptionalInt.of(id.asInt());
        }
        return OptionalInt.empty();
    }
}
