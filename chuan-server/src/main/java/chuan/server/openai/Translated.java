package chuan.server.openai;

import chuan.engine.GenerateRequest;
import chuan.engine.tools.AnswerReader;
import chuan.server.Fields;
import chuan.server.ServedModel;
import java.util.Arrays;
import tools.jackson.databind.JsonNode;

/// The door for other APIs, which write their requests down in OpenAI's terms: what those terms
/// mean is decided in one place.
public final class Translated {
    private Translated() {}

    /// What is asked to be generated, and who reads the answer.
    public record Asked(GenerateRequest request, AnswerReader reader) {}

    /// What a body of `/v1/chat/completions` asks to generate.
    public static Asked chat(JsonNode body, ServedModel model) {
        var plan = ChatPlan.of(ChatRequest.of(Fields.of(body), model), model);
        return new Asked(plan.requests().getFirst(), plan.reader());
    }

    /// What a body of `/v1/completions` asks to generate.
    public static Asked completion(JsonNode body, ServedModel model) {
        var request = CompletionRequest.of(Fields.of(body), model);
        return new Asked(
                CompletionRoutes.requests(request, model).getFirst(), AnswerReader.ofText());
    }

    /// A request as the next turn of a conversation whose ids the client has kept.
    ///
    /// @throws chuan.server.ApiException 400 if both together are longer than the context
    public static Asked behind(int[] ids, Asked asked, ServedModel model) {
        GenerateRequest turn = asked.request();
        int[] added = turn.prompt();
        int[] prompt = Arrays.copyOf(ids, Math.addExact(ids.length, added.length));
        System.arraycopy(added, 0, prompt, ids.length, added.length);
        int context = model.engine().context();
        if (prompt.length > context)
            throw Decoding.contextExceeded(context, prompt.length, "context");
        var request =
                new GenerateRequest(
                        prompt,
                        turn.continuesText(),
                        Math.min(turn.maxTokens(), context - prompt.length + 1),
                        turn.stop(),
                        turn.stopIds(),
                        turn.sampling(),
                        turn.logprobs(),
                        turn.constraint());
        return new Asked(request, asked.reader());
    }
}
