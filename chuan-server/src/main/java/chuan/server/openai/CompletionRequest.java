package chuan.server.openai;

import chuan.server.Fields;
import chuan.server.ServedModel;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// A request of `/v1/completions`: texts or ids to continue, without a chat format.
///
/// @param prompts each of them is continued
/// @param format what the answers have to look like
/// @param logprobs so many of the most probable tokens with each; -1 = no log-probabilities
record CompletionRequest(
        String calledAs,
        List<int[]> prompts,
        Decoding decoding,
        ResponseFormat format,
        int logprobs) {

    private static final int MOST_PROMPTS = 32;
    private static final int MOST_LOGPROBS = 20;

    static CompletionRequest of(Fields fields, ServedModel model) {
        String calledAs = ChatRequest.model(fields, model);
        if (fields.bool("echo", false))
            throw fields.bad("echo", "is not supported: the answer holds the new text only");
        if (!fields.string("suffix", "").isEmpty())
            throw fields.bad("suffix", "is not supported: this model writes forwards only");
        var decoding = Decoding.of(fields, model.engine());
        Integer best = fields.integer("best_of", 1, Integer.MAX_VALUE);
        if (best != null && best > decoding.n())
            throw fields.bad("best_of", "above n is not supported; ask for n and choose");
        var prompts = prompts(fields, model);
        Integer logprobs = fields.integer("logprobs", 0, MOST_LOGPROBS);
        return new CompletionRequest(
                calledAs,
                prompts,
                decoding,
                ResponseFormat.of(fields),
                logprobs == null ? -1 : logprobs);
    }

    private static List<int[]> prompts(Fields fields, ServedModel model) {
        JsonNode prompt = fields.get("prompt");
        if (prompt == null)
            throw fields.missing("prompt", "a string, a list of ids, or a list of those");
        var found = new ArrayList<int[]>();
        if (!prompt.isArray() || (!prompt.isEmpty() && prompt.get(0).isNumber())) {
            found.add(one(fields, "prompt", prompt, model));
        } else {
            if (prompt.isEmpty()) throw fields.bad("prompt", "is empty: give at least one token");
            if (prompt.size() > MOST_PROMPTS)
                throw fields.bad(
                        "prompt",
                        "has "
                                + prompt.size()
                                + " parts; at most "
                                + MOST_PROMPTS
                                + " are allowed");
            for (int i = 0; i < prompt.size(); i++)
                found.add(one(fields, "prompt[" + i + "]", prompt.get(i), model));
        }
        return found;
    }

    private static int[] one(
            Fields fields, String name, @Nullable JsonNode node, ServedModel model) {
        if (node == null || !(node.isString() || node.isArray()))
            throw fields.bad(name, "must be a string or a list of token ids");
        var tokenizer = model.engine().tokenizer();
        int[] ids = node.isString() ? tokenizer.encode(node.stringValue()) : fields.ids(name, node);
        if (ids.length == 0) throw fields.bad(name, "is empty: give at least one token");
        for (int i = 0; i < ids.length; i++)
            if (ids[i] >= tokenizer.vocabSize())
                throw fields.bad(
                        name + "[" + i + "]",
                        ids[i] + " is not one of the " + tokenizer.vocabSize() + " tokens");
        int context = model.engine().context();
        if (ids.length > context) throw Decoding.contextExceeded(context, ids.length, "prompt");
        return ids;
    }
}
