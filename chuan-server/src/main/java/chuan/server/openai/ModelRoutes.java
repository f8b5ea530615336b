package chuan.server.openai;

import chuan.server.Json;
import chuan.server.JsonObject;
import chuan.server.Routes;
import chuan.server.ServedModel;
import chuan.server.ServerState;
import io.helidon.webserver.http.HttpFeature;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.ArrayList;
import java.util.List;

/// `GET /v1/models` and `/v1/models/{id}`.
public final class ModelRoutes implements HttpFeature {
    private final ServerState state;

    public ModelRoutes(ServerState state) {
        this.state = state;
    }

    @Override
    public void setup(HttpRouting.Builder routing) {
        for (String base : new String[] {"/v1/models", "/models"}) {
            Routes.get(routing, base, this::list);
            // names may hold slashes
            Routes.get(routing, base + "/{+id}", this::one);
        }
    }

    private void list(ServerRequest request, ServerResponse response) {
        var model = state.model();
        List<JsonObject> data = new ArrayList<>();
        data.add(describe(model, model.name()));
        if (!model.alias().isEmpty()) data.add(describe(model, model.alias()));
        Json.send(response, 200, new JsonObject().put("object", "list").put("data", data));
    }

    private void one(ServerRequest request, ServerResponse response) {
        var model = state.model();
        String id = request.path().pathParameters().get("id");
        if (id.endsWith("/")) id = id.substring(0, id.length() - 1);
        model.check(id);
        Json.send(response, 200, describe(model, id));
    }

    private static JsonObject describe(ServedModel model, String name) {
        return new JsonObject()
                .put("id", name)
                .put("object", "model")
                .put("created", model.created().getEpochSecond())
                .put("owned_by", "chuan")
                .put("max_model_len", model.engine().context())
                .put("chat", model.engine().settings().chatTuned());
    }
}
