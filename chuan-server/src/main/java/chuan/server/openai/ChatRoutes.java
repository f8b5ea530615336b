package chuan.server.openai;

import chuan.engine.ChatMessage;
import chuan.engine.GenerateRequest;
import chuan.server.ApiException;
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
        var prompt = prompt(request, model);
        var requests = requests(request, prompt, model);
        var loop = new AnswerLoop(model, options, exchange);
        var envelope = Envelope.of("chatcmpl", model, request.calledAs());
        var logprobs = logprobs(request, prompt, model);
        if (request.decoding().stream()) {
            stream(request, requests, loop, envelope, logprobs, new EventStream(response));
        } else {
            var object = new ChatObject(envelope, logprobs);
            loop.run(requests, object);
            Json.send(response, 200, object.toJson());
        }
    }

    private void stream(
            ChatRequest request,
            List<GenerateRequest> requests,
            AnswerLoop loop,
            Envelope envelope,
            List<? extends @Nullable Logprobs> logprobs,
            EventStream events) {
        var stream =
                new ChatStream(
                        events, envelope, request.decoding(), options.keepAliveStyle(), logprobs);
        events.guard(() -> {
            loop.run(requests, stream);
            stream.done();
        });
    }

    /// @throws ApiException 400 if it is longer than the context
    static ChatPrompt prompt(ChatRequest request, ServedModel model) {
        var engine = model.engine();
        var messages = new ArrayList<ChatMessage>();
        String instruction = request.format().instruction();
        if (!instruction.isEmpty()) messages.add(ChatMessage.system(instruction));
        String beginning = "";
        var given = request.messages();
        for (int i = 0; i < given.size(); i++) {
            var message = given.get(i);
            boolean last = i == given.size() - 1;
            if (last && request.continueFinal()) beginning = beginning(message);
            else messages.add(message.toChat());
        }
        Integer wanted = request.decoding().maxTokens();
        var prompt =
                ChatPrompt.of(
                        engine,
                        ChatPrompt.ordered(messages),
                        beginning,
                        request.prefix(),
                        request.makeRoom() ? engine.context() : 0,
                        wanted == null ? engine.settings().maxNewTokens() : wanted);
        if (prompt.ids().length > engine.context())
            throw Decoding.contextExceeded(engine.context(), prompt.ids().length, "messages");
        return prompt;
    }

    private static String beginning(Message last) {
        if (last.role() == Message.Role.ASSISTANT) return last.content();
        throw ApiException.badRequest(
                "continue_final_message",
                "continue_final_message: the last message must be the assistant's");
    }

    static List<GenerateRequest> requests(
            ChatRequest request, ChatPrompt prompt, ServedModel model) {
        var engine = model.engine();
        var decoding = request.decoding();
        var base =
                new GenerateRequest(
                        prompt.ids(),
                        prompt.continuesText(),
                        decoding.maxTokensIn(engine.context(), prompt.ids().length),
                        List.of(),
                        engine.chatStops(engine.settings().chatTemplate()),
                        engine.settings().sampling(),
                        request.logprobs(),
                        Resumed.behind(
                                request.format().compile(model.constraints()), prompt.beginning()));
        var requests = new ArrayList<GenerateRequest>();
        for (int i = 0; i < decoding.n(); i++) requests.add(decoding.request(base, i));
        return requests;
    }

    private static List<? extends @Nullable Logprobs> logprobs(
            ChatRequest request, ChatPrompt prompt, ServedModel model) {
        var list = new ArrayList<@Nullable Logprobs>();
        for (int i = 0; i < request.decoding().n(); i++)
            list.add(
                    request.logprobs() < 0
                            ? null
                            : new Logprobs(model.engine().tokenizer(), !prompt.continuesText()));
        return list;
    }
}
