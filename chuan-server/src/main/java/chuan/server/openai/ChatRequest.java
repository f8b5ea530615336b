package chuan.server.openai;

import chuan.engine.tools.ToolUse;
import chuan.server.Fields;
import chuan.server.ServedModel;
import java.util.List;
import tools.jackson.databind.JsonNode;

/// A request of `/v1/chat/completions`.
///
/// @param calledAs the model's name in the request
/// @param logprobs so many of the most probable tokens with each; -1 = no log-probabilities
/// @param format what the answers have to look like
/// @param continueFinal the last message, the assistant's, is the beginning of the answer
/// @param prefix ids that the answer begins with
/// @param makeRoom old rounds are left out if the conversation is too long
record ChatRequest(
        String calledAs,
        List<Message> messages,
        ToolUse tools,
        Decoding decoding,
        int logprobs,
        ResponseFormat format,
        boolean continueFinal,
        int[] prefix,
        boolean makeRoom) {

    private static final int MOST_TOP_LOGPROBS = 20;
    static final String PREFIX = "x-chuan-prefix-ids";

    static ChatRequest of(Fields fields, ServedModel model) {
        String calledAs = model(fields, model);
        var engine = model.engine();
        int vocab = engine.tokenizer().vocabSize();
        int[] prefix = fields.ids(PREFIX);
        for (int i = 0; i < prefix.length; i++)
            if (prefix[i] >= vocab)
                throw fields.bad(
                        PREFIX + "[" + i + "]",
                        prefix[i] + " is not one of the " + vocab + " tokens");
        return new ChatRequest(
                calledAs,
                Message.all(fields),
                ToolFields.of(fields),
                Decoding.of(fields, engine),
                logprobs(fields),
                ResponseFormat.of(fields),
                fields.bool("continue_final_message", false),
                prefix,
                makeRoom(fields));
    }

    /// The name by which the request calls the model; that of the model if it calls none.
    ///
    /// @throws chuan.server.ApiException 404 if it means another one
    static String model(Fields fields, ServedModel model) {
        String name = fields.string("model", "");
        if (name.isEmpty()) return model.name();
        model.check(name);
        return name;
    }

    private static int logprobs(Fields fields) {
        boolean wanted = fields.bool("logprobs", false);
        int top = fields.integer("top_logprobs", 0, MOST_TOP_LOGPROBS, 0);
        if (top > 0 && !wanted) throw fields.bad("top_logprobs", "needs logprobs: true");
        return wanted ? top : -1;
    }

    private static boolean makeRoom(Fields fields) {
        JsonNode value = fields.get("truncation");
        if (value == null) return false;
        return switch (value.isString() ? value.stringValue() : "") {
            case "auto" -> true;
            case "disabled" -> false;
            default -> throw fields.wrong("truncation", "\"auto\" or \"disabled\"", value);
        };
    }
}
