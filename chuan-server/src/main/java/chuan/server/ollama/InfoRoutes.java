package chuan.server.ollama;

import chuan.model.ModelConfig;
import chuan.server.Fields;
import chuan.server.Json;
import chuan.server.JsonObject;
import chuan.server.Routes;
import chuan.server.ServedModel;
import chuan.server.ServerOptions;
import chuan.server.ServerState;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.HttpFeature;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/// What clients ask before they chat: is an Ollama there, which version, which models, what can
/// they. `/` is theirs only if they do not ask for a page.
public final class InfoRoutes implements HttpFeature {
    /// The version of Ollama whose answers these are like; clients compare it with what they need.
    private static final String VERSION = "0.9.0";

    private static final String NEVER = "9999-12-31T23:59:59Z";
    private static final String RUNNING = "Ollama is running";

    private final ServerState state;
    private final ServerOptions options;

    public InfoRoutes(ServerState state, ServerOptions options) {
        this.state = state;
        this.options = options;
    }

    @Override
    public void setup(HttpRouting.Builder routing) {
        routing.get("/", InfoRoutes::probe);
        routing.head("/", InfoRoutes::probe);
        Routes.get(routing, "/api/version", InfoRoutes::version);
        routing.head("/api/version", InfoRoutes::version);
        Routes.get(routing, "/api/tags", this::tags);
        Routes.get(routing, "/api/ps", this::running);
        Routes.post(routing, "/api/show", this::show);
    }

    /// A browser that opens a page says that it takes HTML; programs that look for Ollama do not.
    private static void probe(ServerRequest request, ServerResponse response) {
        response.header("Vary", "Accept");
        if (request.headers().first(HeaderNames.ACCEPT).orElse("").contains("text/html")) {
            response.next();
            return;
        }
        response.header("Content-Type", "text/plain; charset=utf-8");
        response.send(RUNNING);
    }

    private static void version(ServerRequest request, ServerResponse response) {
        Json.send(response, 200, new JsonObject().put("version", VERSION));
    }

    private void tags(ServerRequest request, ServerResponse response) {
        var model = state.model();
        var models = new ArrayList<JsonObject>();
        for (String name : names(model))
            models.add(
                    entry(name)
                            .put("modified_at", model.created().toString())
                            .put("size", model.weights().bytes())
                            .put("digest", digest(model))
                            .put("details", details(model)));
        Json.send(response, 200, new JsonObject().put("models", models));
    }

    private void running(ServerRequest request, ServerResponse response) {
        var model = state.model();
        var entry =
                entry(model.name())
                        .put("size", model.weights().bytes())
                        .put("digest", digest(model))
                        .put("details", details(model))
                        .put("expires_at", NEVER)
                        .put("size_vram", 0)
                        .put("context_length", model.engine().context());
        Json.send(response, 200, new JsonObject().put("models", List.of(entry)));
    }

    private void show(ServerRequest http, ServerResponse response) {
        var model = state.model();
        Fields fields = Fields.of(Json.readAny(http, options.maxBodyBytes()));
        model.check(fields.requiredString(fields.either("model", "name")));
        Json.send(
                response,
                200,
                new JsonObject()
                        .put("modelfile", "# served by Chuan\nFROM " + model.name() + "\n")
                        .put("parameters", parameters(model))
                        .put("template", "{{ .System }}{{ .Prompt }}{{ .Response }}")
                        .put("details", details(model))
                        .put("model_info", info(model))
                        .put("capabilities", List.of("completion", "embedding"))
                        .put("modified_at", model.created().toString()));
    }

    private static List<String> names(ServedModel model) {
        return model.alias().isEmpty()
                ? List.of(model.name())
                : List.of(model.name(), model.alias());
    }

    private static JsonObject entry(String name) {
        String tagged = name.contains(":") ? name : name + ":latest";
        return new JsonObject().put("name", tagged).put("model", tagged);
    }

    private static JsonObject details(ServedModel model) {
        return new JsonObject()
                .put("parent_model", "")
                .put("format", model.weights().format())
                .put("family", "baichuan")
                .put("families", List.of("baichuan"))
                .put("parameter_size", size(model.weights().parameters()))
                .put("quantization_level", model.weights().numbers());
    }

    /// 13.3B, 10.5M.
    private static String size(long parameters) {
        return parameters >= 1_000_000_000
                ? String.format(Locale.ROOT, "%.1fB", parameters / 1e9)
                : String.format(Locale.ROOT, "%.1fM", parameters / 1e6);
    }

    private static String parameters(ServedModel model) {
        var sampling = model.engine().settings().sampling();
        return String.format(
                Locale.ROOT,
                "temperature %s%ntop_k %d%ntop_p %s%nrepeat_penalty %s",
                sampling.temperature(),
                sampling.topK(),
                sampling.topP(),
                sampling.repetitionPenalty());
    }

    private static JsonObject info(ServedModel model) {
        ModelConfig config = model.engine().backend().config();
        return new JsonObject()
                .put("general.architecture", "baichuan")
                .put("general.basename", model.name())
                .put("general.parameter_count", model.weights().parameters())
                .put("baichuan.context_length", model.engine().context())
                .put("baichuan.embedding_length", config.hidden())
                .put("baichuan.feed_forward_length", config.ff())
                .put("baichuan.block_count", config.layers())
                .put("baichuan.attention.head_count", config.heads())
                .put("baichuan.attention.head_count_kv", config.kvHeads())
                .put("baichuan.vocab_size", config.vocab())
                .put("tokenizer.ggml.model", "llama");
    }

    /// Not of the file, which would have to be read for it: of the fingerprint, which changes with
    /// it.
    private static String digest(ServedModel model) {
        try {
            byte[] text = model.fingerprint().getBytes(StandardCharsets.UTF_8);
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has SHA-256
        }
    }
}
