package chuan.server.openai;

import chuan.server.Exchange;
import chuan.server.Fields;
import chuan.server.Json;
import chuan.server.JsonObject;
import chuan.server.Routes;
import chuan.server.ServedModel;
import chuan.server.ServerOptions;
import chuan.server.ServerState;
import io.helidon.webserver.http.HttpFeature;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;

/// `POST /v1/embeddings`: the mean of a text's last hidden states, of length 1.
public final class EmbeddingRoutes implements HttpFeature {
    private final ServerState state;
    private final ServerOptions options;

    public EmbeddingRoutes(ServerState state, ServerOptions options) {
        this.state = state;
        this.options = options;
    }

    @Override
    public void setup(HttpRouting.Builder routing) {
        Routes.post(routing, "/v1/embeddings", this::embed);
        Routes.post(routing, "/embeddings", this::embed);
    }

    private void embed(ServerRequest http, ServerResponse response) {
        ServedModel model = state.model();
        var fields = Fields.of(Json.read(http, options.maxBodyBytes()));
        String calledAs = ChatRequest.model(fields, model);
        boolean base64 = isBase64(fields);
        checkDimensions(fields, model.engine().backend().config().hidden());
        var texts = Embeddings.inputs(fields, "input", model, false);
        var exchange = Exchange.of(http);
        exchange.asked(calledAs, false);
        var result = Embeddings.compute(model, texts, exchange);
        var data = new ArrayList<JsonObject>(texts.size());
        for (float[] vector : result.vectors())
            data.add(
                    new JsonObject()
                            .put("object", "embedding")
                            .put("index", data.size())
                            .put("embedding", base64 ? base64(vector) : vector));
        var usage =
                new JsonObject()
                        .put("prompt_tokens", result.promptTokens())
                        .put("total_tokens", result.promptTokens());
        Json.send(
                response,
                200,
                new JsonObject()
                        .put("object", "list")
                        .put("data", data)
                        .put("model", calledAs)
                        .put("usage", usage));
    }

    /// The SDKs ask for it unless told otherwise, and read nothing else then.
    private static boolean isBase64(Fields fields) {
        String format = fields.string("encoding_format", "float");
        return switch (format) {
            case "float" -> false;
            case "base64" -> true;
            default ->
                    throw fields.bad(
                            "encoding_format", "must be float or base64, not '" + format + "'");
        };
    }

    private static void checkDimensions(Fields fields, int hidden) {
        Integer dimensions = fields.integer("dimensions", 1, Integer.MAX_VALUE);
        if (dimensions != null && dimensions != hidden)
            throw fields.bad(
                    "dimensions",
                    "must be " + hidden + ", which is what this model has, not " + dimensions);
    }

    /// The floats as bytes, lowest first.
    private static String base64(float[] vector) {
        var bytes =
                ByteBuffer.allocate(Math.multiplyExact(vector.length, Float.BYTES))
                        .order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(vector);
        return Base64.getEncoder().encodeToString(bytes.array());
    }
}
