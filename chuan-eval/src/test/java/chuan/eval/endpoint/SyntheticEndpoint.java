package chuan.eval.endpoint;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// An endpoint that behaves as it is told to.
final class SyntheticEndpoint implements AutoCloseable {
    private static final JsonMapper JSON = new JsonMapper();

    /// A request.
    ///
    /// @param prompt text, or the last message
    /// @param number of the question in it: what stands between `第` and `题`, the last if there are
    ///   several; -1 for the requests that find out what is offered
    /// @param attempt how often this has been asked, from 1
    record Heard(String path, JsonNode body, String prompt, int number, int attempt) {}

    sealed interface Said {
        /// Status 200: a text whose first token is reported, where that is offered.
        record Text(String text) implements Said {}

        record Status(int status, String json, Map<String, String> headers) implements Said {
            Status(int status, String json) {
                this(status, json, Map.of());
            }
        }

        /// A body that is not what it should be.
        record Raw(String contentType, String body) implements Said {}

        /// The connection breaks within the body.
        record Cut() implements Said {}

        /// The body comes byte by byte.
        record Slow(String text, long millisPerByte) implements Said {}
    }

    interface Conduct {
        Said answer(Heard heard) throws InterruptedException;
    }

    /// What is reported of the first token.
    enum Logprobs {
        /// The field is not known, and ignored.
        NONE(0),
        /// Refused with 400.
        REFUSED(0),
        TOP_5(5),
        TOP_20(20);

        private final int most;

        Logprobs(int most) {
            this.most = most;
        }
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<String, AtomicInteger> attempts = new ConcurrentHashMap<>();
    private final AtomicInteger inFlight = new AtomicInteger();
    private final AtomicInteger mostInFlight = new AtomicInteger();
    private final Logprobs logprobs;
    private final Conduct conduct;

    SyntheticEndpoint(Logprobs logprobs, Conduct conduct) throws IOException {
        this.logprobs = logprobs;
        this.conduct = conduct;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    String address() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/v1";
    }

    int mostInFlight() {
        return mostInFlight.get();
    }

    private void handle(HttpExchange exchange) throws IOException {
        mostInFlight.accumulateAndGet(inFlight.incrementAndGet(), Math::max);
        try {
            String path = exchange.getRequestURI().getPath();
            byte[] bytes = exchange.getRequestBody().readAllBytes();
            if (path.equals("/v1/models")) {
                send(exchange, 200, "{\"data\":[{\"id\":\"synthetic\"}]}");
                return;
            }
            if (!path.endsWith("/completions")) {
                send(exchange, 404, "{\"error\":{\"message\":\"unknown path\"}}");
                return;
            }
            var body = (ObjectNode) JSON.readTree(bytes);
            inFlight.decrementAndGet();
            var said = conduct.answer(heard(path, body));
            inFlight.incrementAndGet();
            say(exchange, body, said);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } finally {
            inFlight.decrementAndGet();
            exchange.close();
        }
    }

    private Heard heard(String path, ObjectNode body) {
        var messages = body.path("messages");
        String prompt =
                messages.isArray()
                        ? messages.path(messages.size() - 1).path("content").asString("")
                        : body.path("prompt").asString("");
        int from = prompt.lastIndexOf('第');
        int to = prompt.indexOf('题', from + 1);
        int number = from < 0 ? -1 : Integer.parseInt(prompt.substring(from + 1, to));
        int attempt = attempts.computeIfAbsent(prompt, _ -> new AtomicInteger()).incrementAndGet();
        return new Heard(path, body, prompt, number, attempt);
    }

    private void say(HttpExchange exchange, ObjectNode body, Said said)
            throws IOException, InterruptedException {
        switch (said) {
            case Said.Status(int status, String json, var headers) -> {
                headers.forEach(exchange.getResponseHeaders()::add);
                send(exchange, status, json);
            }
            case Said.Raw(String type, String text) -> {
                exchange.getResponseHeaders().add("Content-Type", type);
                byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(200, bytes.length == 0 ? -1 : bytes.length);
                exchange.getResponseBody().write(bytes);
            }
            case Said.Cut _ -> {
                exchange.sendResponseHeaders(200, 1000);
                exchange.getResponseBody().write("{\"choices\":[".getBytes(StandardCharsets.UTF_8));
                exchange.getResponseBody().flush();
            }
            case Said.Slow(String text, long pause) -> {
                byte[] bytes = answer(body, text).getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(200, bytes.length);
                for (byte b : bytes) {
                    exchange.getResponseBody().write(b);
                    exchange.getResponseBody().flush();
                    Thread.sleep(pause);
                }
            }
            case Said.Text(String text) -> {
                int asked = body.path("top_logprobs").asInt(body.path("logprobs").asInt(0));
                boolean tooMany = asked > logprobs.most && logprobs != Logprobs.NONE;
                if (tooMany || (body.has("logprobs") && logprobs == Logprobs.REFUSED))
                    send(exchange, 400, "{\"error\":{\"message\":\"logprobs: at most 5\"}}");
                else send(exchange, 200, answer(body, text));
            }
        }
    }

    /// Prices are in these counts: 100 tokens of each prompt, 7 of each answer.
    private String answer(ObjectNode body, String text) {
        boolean chat = body.has("messages");
        var root = JSON.createObjectNode();
        root.put("object", chat ? "chat.completion" : "text_completion");
        var choice = root.putArray("choices").addObject().put("index", 0);
        choice.put("finish_reason", "stop");
        if (chat) choice.putObject("message").put("role", "assistant").put("content", text);
        else choice.put("text", text);
        if (logprobs.most > 0 && body.has("logprobs")) report(choice, chat, body, text);
        root.putObject("usage").put("prompt_tokens", 100).put("completion_tokens", 7);
        return root.toString();
    }

    /// The first character of the text as a token, then some that are no letters, then letters: the
    /// other letters are among 20 tokens and not among 5.
    private static void report(ObjectNode choice, boolean chat, ObjectNode body, String text) {
        int count = body.path("top_logprobs").asInt(body.path("logprobs").asInt(0));
        var tokens = new java.util.ArrayList<String>();
        String first = text.substring(0, Math.min(1, text.length()));
        tokens.add(first);
        for (String filler : List.of("\n", "The", "我", "x")) tokens.add(filler);
        for (String letter : List.of("A", "B", "C", "D"))
            if (!letter.equals(first)) tokens.add(letter);
        var top = tokens.subList(0, Math.min(count, tokens.size()));
        var logprobs = choice.putObject("logprobs");
        if (chat) {
            var entry = logprobs.putArray("content").addObject();
            entry.put("token", first).put("logprob", -0.5);
            var list = entry.putArray("top_logprobs");
            for (int i = 0; i < top.size(); i++)
                list.addObject().put("token", top.get(i)).put("logprob", -0.5 - i);
        } else {
            logprobs.putArray("tokens").add(first);
            logprobs.putArray("token_logprobs").add(-0.5);
            var map = logprobs.putArray("top_logprobs").addObject();
            for (int i = 0; i < top.size(); i++) map.put(top.get(i), -0.5 - i);
        }
    }

    private static void send(HttpExchange exchange, int status, String json) throws IOException {
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    static Said error(int status, String message) {
        return new Said.Status(
                status,
                "{\"error\":{\"message\":\"%s\"}}".formatted(message.toLowerCase(Locale.ROOT)));
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
