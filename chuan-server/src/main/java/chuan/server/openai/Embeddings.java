package chuan.server.openai;

import chuan.server.ClientConnection;
import chuan.server.ClientGoneException;
import chuan.server.Exchange;
import chuan.server.Fields;
import chuan.server.ServedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import tools.jackson.databind.JsonNode;

/// Texts as vectors, for every API that has them.
public final class Embeddings {
    private static final int MOST_TEXTS = 2048;

    /// @param vectors of length 1, one for each text
    /// @param promptTokens of all texts
    public record Result(List<float[]> vectors, int promptTokens) {}

    private Embeddings() {}

    /// The texts of a request: a string, strings, ids, or lists of ids.
    ///
    /// @param cut texts that are longer than the context are cut on the right, else refused
    public static List<int[]> inputs(Fields fields, String name, ServedModel model, boolean cut) {
        JsonNode input = fields.get(name);
        if (input == null)
            throw fields.missing(name, "a string, a list of strings, or lists of token ids");
        var texts = new ArrayList<int[]>();
        if (!input.isArray() || (!input.isEmpty() && input.get(0).isNumber())) {
            texts.add(one(fields, name, input, model, cut));
            return texts;
        }
        if (input.isEmpty()) throw fields.bad(name, "is empty");
        if (input.size() > MOST_TEXTS)
            throw fields.bad(
                    name, "has " + input.size() + " texts; at most " + MOST_TEXTS + " are allowed");
        for (int i = 0; i < input.size(); i++)
            texts.add(one(fields, name + "[" + i + "]", input.get(i), model, cut));
        return texts;
    }

    private static int[] one(
            Fields fields, String name, JsonNode node, ServedModel model, boolean cut) {
        if (!node.isString() && !node.isArray())
            throw fields.wrong(name, "a string or a list of token ids", node);
        var tokenizer = model.engine().tokenizer();
        int[] ids = node.isString() ? tokenizer.encode(node.stringValue()) : fields.ids(name, node);
        if (ids.length == 0) throw fields.bad(name, "is empty: give at least one token");
        for (int i = 0; i < ids.length; i++)
            if (ids[i] >= tokenizer.vocabSize())
                throw fields.bad(
                        name + "[" + i + "]",
                        ids[i] + " is not one of the " + tokenizer.vocabSize() + " tokens");
        int context = model.engine().context();
        if (ids.length <= context) return ids;
        if (cut) return java.util.Arrays.copyOf(ids, context);
        throw Decoding.contextExceeded(context, ids.length, "input");
    }

    /// Computes on the request's thread, and stops at the next text when the client leaves.
    public static Result compute(ServedModel model, List<int[]> texts, Exchange exchange) {
        var gone = new AtomicBoolean();
        ClientConnection.current().whenGone(() -> gone.set(true));
        var vectors = new ArrayList<float[]>(texts.size());
        int tokens = 0;
        for (int[] text : texts) {
            if (gone.get())
                throw new ClientGoneException(new java.io.IOException("connection closed"));
            vectors.add(model.scheduler().embed(text));
            tokens = Math.addExact(tokens, text.length);
        }
        exchange.answered(tokens, 0, 0, "stop");
        return new Result(vectors, tokens);
    }
}
