package chuan.server.openai;

import chuan.engine.GenerateRequest;
import chuan.server.Exchange;
import chuan.server.Fields;
import chuan.server.Json;
import chuan.server.Routes;
import chuan.server.ServedModel;
import chuan.server.ServerOptions;
import chuan.server.ServerState;
import io.helidon.webserver.http.HttpFeature;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// `POST /v1/chat/completions`.
public final class ChatRoutes implements HttpFeature {
    private final ServerState state;
    private final ServerOptions options;

    public ChatRoutes(ServerState state, ServerOptions options) {
        this.state = state;
        this.options = options;
    }

    @Override
    public void setup(HttpRouting.Builder routing) {
        Routes.post(routing, "/v1/chat/completions", this::complete);
        Routes.post(routing, "/chat/completions", this::complete);
    }

    private void complete(ServerRequest http, ServerResponse response) {
        ServedModel model = state.model();
        var request = ChatRequest.of(Fields.of(Json.read(http, options.maxBodyBytes())), model);
        var exchange = Exchange.of(http);
        exchange.asked(request.calledAs(), request.decoding().stream());
        var plan = ChatPlan.of(request, model);
        var requests = plan.requests();
        var loop = new AnswerLoop(model, options, exchange);
        var envelope = Envelope.of("chatcmpl", model, request.calledAs());
        var logprobs = logprobs(plan);
        if (request.decoding().stream()) {
            stream(plan, requests, loop, envelope, logprobs, new EventStream(response));
        } else {
            var object = new ChatObject(envelope, logprobs, plan.readers());
            loop.run(requests, object);
            Json.send(response, 200, object.toJson());
        }
    }

    private void stream(
            ChatPlan plan,
            List<GenerateRequest> requests,
            AnswerLoop loop,
            Envelope envelope,
            List<? extends @Nullable Logprobs> logprobs,
            EventStream events) {
        var stream =
                new ChatStream(
                        events,
                        envelope,
                        plan.request().decoding(),
                        options.keepAliveStyle(),
                        logprobs,
                        plan.readers());
        events.guard(() -> {
            loop.run(requests, stream);
            stream.done();
        });
    }

    private static List<? extends @Nullable Logprobs> logprobs(ChatPlan plan) {
        var list = new ArrayList<@Nullable Logprobs>();
        for (int i = 0; i < plan.request().decoding().n(); i++)
            list.add(
                    plan.request().logprobs() < 0
                            ? null
                            : new Logprobs(
                                    plan.model().engine().tokenizer(),
                                    !plan.prompt().continuesText()));
        return list;
    }
}
