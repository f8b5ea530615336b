package chuan.server.ollama;

import chuan.server.Exchange;
import chuan.server.Fields;
import chuan.server.Json;
import chuan.server.JsonObject;
import chuan.server.Routes;
import chuan.server.ServedModel;
import chuan.server.ServerOptions;
import chuan.server.ServerState;
import chuan.server.openai.AnswerLoop;
import chuan.server.openai.Embeddings;
import chuan.server.openai.Translated;
import io.helidon.webserver.http.HttpFeature;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.ArrayList;
import java.util.List;

/// `POST /api/chat`, `/api/generate`, `/api/embed` and the older `/api/embeddings`. Streams unless
/// told otherwise.
public final class AnswerRoutes implements HttpFeature {
    private final ServerState state;
    private final ServerOptions options;

    public AnswerRoutes(ServerState state, ServerOptions options) {
        this.state = state;
        this.options = options;
    }

    @Override
    public void setup(HttpRouting.Builder routing) {
        Routes.post(routing, "/api/chat", this::chat);
        Routes.post(routing, "/api/generate", this::generate);
        Routes.post(routing, "/api/embed", this::embed);
        Routes.post(routing, "/api/embeddings", this::embedOne);
    }

    private Fields read(ServerRequest http) {
        return Fields.of(Json.readAny(http, options.maxBodyBytes()));
    }

    private static String model(Fields fields, ServedModel model) {
        String name = fields.requiredString("model");
        model.check(name);
        return name;
    }

    private void chat(ServerRequest http, ServerResponse response) {
        ServedModel model = state.model();
        Fields fields = read(http);
        String name = model(fields, model);
        if (fields.objects("messages").isEmpty()) {
            Json.send(response, 200, Reply.loaded(Reply.Kind.CHAT, name));
            return;
        }
        var request = Translated.chat(Translation.chat(fields), model);
        answer(http, response, fields, model, name, Reply.Kind.CHAT, request);
    }

    private void generate(ServerRequest http, ServerResponse response) {
        ServedModel model = state.model();
        Fields fields = read(http);
        String name = model(fields, model);
        if (!fields.string("suffix", "").isEmpty())
            throw fields.bad("suffix", "is not supported: this model writes forwards only");
        Translation.refuseImages(fields);
        String prompt = fields.string("prompt", "");
        if (prompt.isEmpty()) {
            Json.send(response, 200, Reply.loaded(Reply.Kind.GENERATE, name));
            return;
        }
        var request =
                fields.bool("raw", false)
                        ? Translated.completion(Translation.raw(fields, prompt), model)
                        : Translated.chat(Translation.question(fields, prompt), model);
        int[] before = fields.ids("context");
        if (before.length > 0) request = behind(fields, before, request, model);
        answer(http, response, fields, model, name, Reply.Kind.GENERATE, request);
    }

    /// The request as the next turn of a conversation whose ids the client has kept.
    private static Translated.Asked behind(
            Fields fields, int[] before, Translated.Asked request, ServedModel model) {
        int vocab = model.engine().tokenizer().vocabSize();
        for (int id : before)
            if (id >= vocab)
                throw fields.bad("context", id + " is not one of the " + vocab + " tokens");
        return Translated.behind(before, request, model);
    }

    private void answer(
            ServerRequest http,
            ServerResponse response,
            Fields fields,
            ServedModel model,
            String name,
            Reply.Kind kind,
            Translated.Asked asked) {
        boolean stream = fields.bool("stream", true);
        var exchange = Exchange.of(http);
        exchange.asked(name, stream);
        var loop = new AnswerLoop(model, options, exchange);
        var lines = stream ? new LineStream(response) : null;
        var reply = new Reply(kind, name, asked, lines, exchange.startNanos());
        if (lines == null) {
            loop.run(List.of(asked.request()), reply);
            Json.send(response, 200, reply.whole());
        } else {
            lines.guard(() -> loop.run(List.of(asked.request()), reply));
        }
    }

    private void embed(ServerRequest http, ServerResponse response) {
        ServedModel model = state.model();
        Fields fields = read(http);
        String name = model(fields, model);
        boolean cut = fields.bool("truncate", true);
        var texts = Embeddings.inputs(fields, "input", model, cut);
        var result = embeddings(http, model, name, texts);
        Json.send(
                response,
                200,
                new JsonObject()
                        .put("model", name)
                        .put("embeddings", result.vectors())
                        .put("total_duration", System.nanoTime() - Exchange.of(http).startNanos())
                        .put("load_duration", 0)
                        .put("prompt_eval_count", result.promptTokens()));
    }

    private void embedOne(ServerRequest http, ServerResponse response) {
        ServedModel model = state.model();
        Fields fields = read(http);
        String name = model(fields, model);
        if (fields.string("prompt") == null) throw fields.missing("prompt", "a string");
        var texts = new ArrayList<>(Embeddings.inputs(fields, "prompt", model, true));
        var vector = embeddings(http, model, name, texts).vectors().getFirst();
        Json.send(response, 200, new JsonObject().put("embedding", vector));
    }

    private static Embeddings.Result embeddings(
            ServerRequest http, ServedModel model, String name, List<int[]> texts) {
        var exchange = Exchange.of(http);
        exchange.asked(name, false);
        return Embeddings.compute(model, texts, exchange);
    }
}
