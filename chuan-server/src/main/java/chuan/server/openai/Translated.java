package chuan.server.openai;

import chuan.engine.GenerateRequest;
import chuan.server.Fields;
import chuan.server.ServedModel;
import java.util.Arrays;
import tools.jackson.databind.JsonNode;

/// The door for other APIs, which write their requests down in OpenAI's terms: what those terms
/// mean is decided in one place.
public final class Translated {
    private Translated() {}

    /// What a body of `/v1/chat/completions` asks to generate.
    public static GenerateRequest chat(JsonNode body, ServedModel model) {
        var request = ChatRequest.of(Fields.of(body), model);
        return ChatRoutes.requests(request, ChatRoutes.prompt(request, model), model).getFirst();
    }

    /// What a body of `/v1/completions` asks to generate.
    public static GenerateRequest completion(JsonNode body, ServedModel model) {
        var request = CompletionRequest.of(Fields.of(body), model);
        return CompletionRoutes.requests(request, model).getFirst();
    }

    /// A request as the next turn of a conversation whose ids the client has kept.
    ///
    /// @throws chuan.server.ApiException 400 if both together are longer than the context
    public static GenerateRequest behind(int[] ids, GenerateRequest turn, ServedModel model) {
        int[] added = turn.prompt();
        int[] prompt = Arrays.copyOf(ids, Math.addExact(ids.length, added.length));
        System.arraycopy(added, 0, prompt, ids.length, added.length);
        int context = model.engine().context();
        if (prompt.length > context)
            throw Decoding.contextExceeded(context, prompt.length, "context");
        return new GenerateRequest(
                prompt,
                turn.continuesText(),
                Math.min(turn.maxTokens(), context - prompt.length + 1),
                turn.stop(),
                turn.stopIds(),
                turn.sampling(),
                turn.logprobs(),
                turn.constraint());
    }
}
