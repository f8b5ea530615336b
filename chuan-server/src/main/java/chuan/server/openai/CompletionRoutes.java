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

/// `POST /v1/completions`.
public final class CompletionRoutes implements HttpFeature {
    private final ServerState state;
    private final ServerOptions options;

    public CompletionRoutes(ServerState state, ServerOptions options) {
        this.state = state;
        this.options = options;
    }

    @Override
    public void setup(HttpRouting.Builder routing) {
        Routes.post(routing, "/v1/completions", this::complete);
        Routes.post(routing, "/completions", this::complete);
    }

    private void complete(ServerRequest http, ServerResponse response) {
        ServedModel model = state.model();
        var request =
                CompletionRequest.of(Fields.of(Json.read(http, options.maxBodyBytes())), model);
        var exchange = Exchange.of(http);
        exchange.asked(request.calledAs(), request.decoding().stream());
        var requests = requests(request, model);
        var logprobs = new ArrayList<@Nullable Logprobs>();
        for (int i = 0; i < requests.size(); i++)
            logprobs.add(
                    request.logprobs() < 0
                            ? null
                            : new Logprobs(model.engine().tokenizer(), false));
        var envelope = Envelope.of("cmpl", model, request.calledAs());
        var loop = new AnswerLoop(model, options, exchange);
        var events = request.decoding().stream() ? new EventStream(response) : null;
        var answers =
                new CompletionAnswers(
                        envelope, request, events, options.keepAliveStyle(), logprobs);
        if (events == null) {
            loop.run(requests, answers);
            Json.send(response, 200, answers.toJson());
        } else {
            events.guard(() -> {
                loop.run(requests, answers);
                answers.done(events);
            });
        }
    }

    static List<GenerateRequest> requests(CompletionRequest request, ServedModel model) {
        var engine = model.engine();
        var decoding = request.decoding();
        var constraint = request.format().compile(model.constraints().continuing());
        var requests = new ArrayList<GenerateRequest>();
        for (int[] prompt : request.prompts()) {
            var base =
                    engine.request(prompt)
                            .withMaxTokens(decoding.maxTokensIn(engine.context(), prompt.length))
                            .withLogprobs(request.logprobs())
                            .withConstraint(constraint);
            for (int i = 0; i < decoding.n(); i++) requests.add(decoding.request(base, i));
        }
        return requests;
    }
}
