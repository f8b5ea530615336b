package chuan.server.openai;

import chuan.server.Fields;
import chuan.server.Json;
import chuan.server.JsonObject;
import chuan.server.Routes;
import chuan.server.ServedModel;
import chuan.server.ServerOptions;
import chuan.server.ServerState;
import chuan.tokenizer.PieceKind;
import chuan.tokenizer.SpecialText;
import chuan.tokenizer.Tokenizer;
import io.helidon.webserver.http.HttpFeature;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// `POST /tokenize`, `/detokenize` and `/apply-template`: what a model really sees. Fields have the
/// names of llama.cpp's server and of vLLM's.
public final class TokenRoutes implements HttpFeature {
    private final ServerState state;
    private final ServerOptions options;

    public TokenRoutes(ServerState state, ServerOptions options) {
        this.state = state;
        this.options = options;
    }

    @Override
    public void setup(HttpRouting.Builder routing) {
        Routes.post(routing, "/tokenize", this::tokenize);
        Routes.post(routing, "/detokenize", this::detokenize);
        Routes.post(routing, "/apply-template", this::applyTemplate);
    }

    private Fields read(ServerRequest http) {
        return Fields.of(Json.read(http, options.maxBodyBytes()));
    }

    private void tokenize(ServerRequest http, ServerResponse response) {
        ServedModel model = state.model();
        Fields fields = read(http);
        ChatRequest.model(fields, model);
        var tokenizer = model.engine().tokenizer();
        int[] ids;
        if (fields.has("messages")) {
            ids = rendered(fields, model).ids();
        } else {
            String field = fields.either("content", "prompt");
            boolean special = fields.bool("parse_special", false);
            ids =
                    tokenizer.encode(
                            fields.requiredString(field),
                            special ? SpecialText.SENTENCEPIECE : SpecialText.PLAIN);
        }
        boolean pieces = fields.bool("with_pieces", false);
        var answer =
                new JsonObject()
                        .put("tokens", pieces ? withPieces(tokenizer, ids) : ids)
                        .put("count", ids.length)
                        .put("max_model_len", model.engine().context());
        if (fields.bool("return_token_strs", false))
            answer.put("token_strs", Arrays.stream(ids).mapToObj(tokenizer::piece).toList());
        Json.send(response, 200, answer);
    }

    /// A piece that is no whole character is a list of its bytes, as in llama.cpp.
    private static List<JsonObject> withPieces(Tokenizer tokenizer, int[] ids) {
        var bytes = new TokenBytes(tokenizer, false);
        var list = new ArrayList<JsonObject>();
        for (int id : ids) {
            byte[] own = bytes.of(id);
            String text = TokenBytes.text(own);
            boolean whole = text.indexOf('\uFFFD') < 0;
            int[] numbers = new int[own.length];
            for (int i = 0; i < own.length; i++) numbers[i] = own[i] & 0xff;
            list.add(new JsonObject().put("id", id).put("piece", whole ? text : numbers));
        }
        return list;
    }

    private void detokenize(ServerRequest http, ServerResponse response) {
        ServedModel model = state.model();
        Fields fields = read(http);
        ChatRequest.model(fields, model);
        if (!fields.has("tokens")) throw fields.missing("tokens", "a list of token ids");
        int[] ids = fields.ids("tokens");
        var tokenizer = model.engine().tokenizer();
        for (int i = 0; i < ids.length; i++)
            if (ids[i] >= tokenizer.vocabSize())
                throw fields.bad(
                        "tokens[" + i + "]",
                        ids[i] + " is not one of the " + tokenizer.vocabSize() + " tokens");
        String text = tokenizer.decode(ids);
        Json.send(response, 200, new JsonObject().put("content", text).put("prompt", text));
    }

    private void applyTemplate(ServerRequest http, ServerResponse response) {
        ServedModel model = state.model();
        var rendered = rendered(read(http), model);
        Json.send(
                response,
                200,
                new JsonObject()
                        .put("prompt", spelled(model.engine().tokenizer(), rendered.ids()))
                        .put("tokens", rendered.ids())
                        .put("count", rendered.ids().length)
                        .put("dropped_messages", rendered.droppedMessages())
                        .put("truncated", rendered.truncated()));
    }

    private static ChatPrompt rendered(Fields fields, ServedModel model) {
        return ChatPlan.of(ChatRequest.of(fields, model), model).prompt();
    }

    /// Turns as text between the spelled ids of the speakers.
    private static String spelled(Tokenizer tokenizer, int[] ids) {
        var out = new StringBuilder();
        int from = 0;
        for (int i = 0; i <= ids.length; i++) {
            if (i < ids.length && !isMarker(tokenizer, ids[i])) continue;
            out.append(tokenizer.decode(ids, from, i));
            if (i < ids.length) out.append(tokenizer.piece(ids[i]));
            from = i + 1;
        }
        return out.toString();
    }

    private static boolean isMarker(Tokenizer tokenizer, int id) {
        PieceKind kind = tokenizer.kind(id);
        return kind == PieceKind.CONTROL
                || (kind == PieceKind.USER_DEFINED && tokenizer.piece(id).startsWith("<"));
    }
}
