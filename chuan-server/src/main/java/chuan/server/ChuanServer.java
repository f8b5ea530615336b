package chuan.server;

import chuan.server.ServerState.Phase;
import chuan.server.guard.AccessOptions;
import chuan.server.metrics.AccessLog;
import chuan.server.metrics.Observation;
import chuan.server.ollama.AnswerRoutes;
import chuan.server.ollama.InfoRoutes;
import chuan.server.openai.ChatRoutes;
import chuan.server.openai.CompletionRoutes;
import chuan.server.openai.EmbeddingRoutes;
import chuan.server.openai.ModelRoutes;
import chuan.server.openai.TokenRoutes;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRouting;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.logging.Logger;

/// The server: listens at once, answers as soon as a model is there, and stops without losing an
/// answer. Owns its sockets; the scheduler belongs to whoever made it, and is closed by [#drain]
/// only to cut off what does not end. Any thread.
///
/// ```
/// var server = ChuanServer.listen(options); // /health: loading; requests: 503
/// server.serve(model);                      // answers
/// server.drain(grace);                      // no new requests; running ones finish
/// server.close();
/// ```
public final class ChuanServer implements AutoCloseable {
    /// Helidon tells of each start; only its warnings are of interest. Held, since a logger that
    /// nobody holds forgets its level.
    private static final Logger HELIDON = Logger.getLogger("io.helidon");

    static {
        HELIDON.setLevel(Level.WARNING);
    }

    /// How long writing the end of answers that are cut off may take.
    private static final Duration TELLING = Duration.ofSeconds(5);

    /// How long a client may think between two requests on one connection. Clients keep theirs for
    /// minutes, and one that waits costs a few kilobytes.
    private static final Duration IDLE = Duration.ofMinutes(30);

    private final ServerOptions options;
    private final ServerState state = new ServerState();
    private final AtomicInteger inFlight = new AtomicInteger();
    private final WebPage page = new WebPage();
    private final Observation observation;
    private final WebServer web;

    private ChuanServer(ServerOptions options, AccessOptions access, AccessLog log) {
        this.options = options;
        observation = new Observation(state, access, log, page::has);
        web =
                WebServer.builder()
                        .host(options.host())
                        .port(options.port())
                        .shutdownHook(false) // whoever runs the process decides when it ends
                        .connectionOptions(o -> o.tcpNoDelay(true)) // else 40 ms per token
                        .protocolsDiscoverServices(false)
                        .addConnectionSelector(ClientConnection.http1())
                        .maxPayloadSize(-1) // Json has the limit, and says so in JSON
                        .shutdownGracePeriod(Duration.ZERO)
                        .idleConnectionTimeout(IDLE)
                        .routing(this::route)
                        .build();
    }

    /// Binds, without keys and limits, and answers 503 until [#serve].
    ///
    /// @throws UncheckedIOException if the address is taken or not one of this machine
    public static ChuanServer listen(ServerOptions options) {
        return listen(options, AccessOptions.defaults(), AccessLog.NONE);
    }

    /// Binds and answers 503 until [#serve].
    ///
    /// @param log stays the caller's
    /// @throws UncheckedIOException if the address is taken or not one of this machine
    public static ChuanServer listen(ServerOptions options, AccessOptions access, AccessLog log) {
        var server = new ChuanServer(options, access, log);
        HELIDON.setLevel(Level.OFF); // it logs what is thrown below
        try {
            server.web.start();
        } finally {
            HELIDON.setLevel(Level.WARNING);
        }
        if (!server.web.isRunning())
            throw new UncheckedIOException(
                    new BindException(
                            "cannot listen at %s, port %d: in use, or not an address of this machine"
                                    .formatted(options.host(), options.port())));
        return server;
    }

    /// The order matters: filters see a request in this order, and the first route that matches
    /// answers it. What belongs to operations (keys, limits, metrics, health) goes in front.
    private void route(HttpRouting.Builder routing) {
        routing.error(Throwable.class, ErrorResponses::handle);
        routing.addFilter((chain, _, _) -> {
            inFlight.incrementAndGet();
            try {
                chain.proceed();
            } finally {
                inFlight.decrementAndGet();
            }
        });
        observation.setup(routing);
        new ChatRoutes(state, options).setup(routing);
        new CompletionRoutes(state, options).setup(routing);
        new ModelRoutes(state).setup(routing);
        new TokenRoutes(state, options).setup(routing);
        new EmbeddingRoutes(state, options).setup(routing);
        new AnswerRoutes(state, options).setup(routing);
        new InfoRoutes(state, options).setup(routing);
        page.setup(routing);
        routing.any((request, _) -> {
            throw ApiException.notFound(
                    "There is nothing at "
                            + request.prologue().method().text()
                            + " "
                            + request.path().path());
        });
    }

    public ServerOptions options() {
        return options;
    }

    public ServerState state() {
        return state;
    }

    public int port() {
        return web.port();
    }

    /// Where a browser finds the page.
    public URI address() {
        String host =
                switch (options.host()) {
                    case "0.0.0.0", "::", "" -> "localhost";
                    default ->
                            options.host().contains(":")
                                    ? "[" + options.host() + "]"
                                    : options.host();
                };
        return URI.create("http://" + host + ":" + port() + "/");
    }

    /// How far loading is.
    public void loading(long doneBytes, long totalBytes) {
        state.set(new Phase.Loading(doneBytes, totalBytes));
    }

    /// There will be no model, and why.
    public void failed(String message) {
        state.set(new Phase.Failed(message));
    }

    /// From now on requests are answered.
    public void serve(ServedModel model) {
        state.set(new Phase.Ready(model));
    }

    /// Refuses new requests and lets those that run finish. What still runs at the end of `grace`
    /// is told so, in its stream or by a 503.
    ///
    /// @return whether all finished
    public boolean drain(Duration grace) throws InterruptedException {
        long end = System.nanoTime() + grace.toNanos();
        var model = state.phase() instanceof Phase.Ready(ServedModel ready) ? ready : null;
        if (model == null) return true;
        state.set(new Phase.Draining(model));
        boolean finished = model.scheduler().drain(grace) && awaitAnswers(end);
        if (!finished) {
            model.scheduler().close();
            awaitAnswers(System.nanoTime() + TELLING.toNanos());
        }
        return finished;
    }

    /// Until the last byte of each answer is out.
    private boolean awaitAnswers(long end) throws InterruptedException {
        while (inFlight.get() > 0) {
            if (System.nanoTime() - end > 0) return false;
            Thread.sleep(5);
        }
        return true;
    }

    @Override
    public void close() {
        web.stop();
        observation.close();
    }
}
