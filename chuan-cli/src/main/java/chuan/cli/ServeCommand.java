package chuan.cli;

import chuan.cpu.LoadProgress;
import chuan.engine.Scheduler;
import chuan.engine.SchedulerOptions;
import chuan.server.ChuanServer;
import chuan.server.ServedModel;
import chuan.server.ServerOptions;
import chuan.server.ServerOptions.KeepAliveStyle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jline.utils.Signals;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `chuan serve`: a model behind OpenAI's API, and a page to talk with it.
@Command(
        name = "serve",
        description = {
            "Serves a model: OpenAI's API at /v1, a web page at /. Only this machine can reach it unless"
                    + " --host says otherwise. Ctrl-C or SIGTERM lets running answers finish, then ends;"
                    + " a second one ends at once. Sampling options are for requests that do not say."
        },
        mixinStandardHelpOptions = true)
final class ServeCommand implements Callable<Integer> {
    private static final int MOST_PORT = 65535;

    private final Streams streams;
    private final CountDownLatch stop = new CountDownLatch(1);

    @Mixin ModelOption model = new ModelOption();
    @Mixin SamplingMixin sampling = new SamplingMixin();
    @Mixin CommonOptions common = new CommonOptions();
    @Mixin AccessMixin access = new AccessMixin();

    @Option(
            names = "--host",
            paramLabel = "H",
            description = "Address to listen at; 0.0.0.0: all. Default: ${DEFAULT-VALUE}.")
    String host = "127.0.0.1";

    @Option(
            names = "--port",
            paramLabel = "N",
            description = "0: any that is free. Default: ${DEFAULT-VALUE}.")
    int port = 8080;

    @Option(
            names = "--alias",
            paramLabel = "NAME",
            description = "Another name of the model, for clients that insist on one.")
    String alias = "";

    @Option(
            names = "--parallel",
            paramLabel = "N",
            description = "Requests that are answered at the same time. Default: ${DEFAULT-VALUE}.")
    int parallel = SchedulerOptions.defaults().maxRunning();

    @Option(
            names = "--queue",
            paramLabel = "N",
            description =
                    "Requests that may wait; more are refused (429). Default: ${DEFAULT-VALUE}.")
    int queue = SchedulerOptions.defaults().maxQueued();

    @Option(
            names = "--cache-memory",
            paramLabel = "SIZE",
            description =
                    "Memory for keys and values, of running answers and of what is remembered, such as"
                            + " 2G. Default: eight whole contexts, but no more than 2 GiB unless one"
                            + " needs it, and less where memory is short.")
    String cacheMemory = "";

    @Option(
            names = "--grace",
            paramLabel = "SECONDS",
            description = "For running answers when the server ends. Default: ${DEFAULT-VALUE}.")
    int grace = (int) ServerOptions.defaults().grace().toSeconds();

    @Option(
            names = "--request-timeout",
            paramLabel = "SECONDS",
            description = "An answer ends after so long. Default: ${DEFAULT-VALUE}.")
    int requestTimeout = (int) ServerOptions.defaults().requestTimeout().toSeconds();

    @Option(
            names = "--max-body",
            paramLabel = "SIZE",
            description = "Largest request; default: 8M.")
    String maxBody = "8M";

    @Option(
            names = "--sse-keepalive",
            paramLabel = "HOW",
            description =
                    "What a waiting stream sends every 5 s: ${COMPLETION-CANDIDATES}. Default:"
                            + " ${DEFAULT-VALUE}.")
    KeepAliveStyle keepAlive = KeepAliveStyle.COMMENT;

    @Option(
            names = "--kernels",
            paramLabel = "K",
            description = "${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}.")
    KernelChoice kernels = KernelChoice.AUTO;

    ServeCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (access.newKey != null) return access.makeKey(streams);
        var options = options();
        var accessOptions = access.options();
        var scheduling = scheduling();
        try (var log = access.log(streams);
                var server = ChuanServer.listen(options, accessOptions, log)) {
            onSignal("TERM");
            onSignal("INT");
            var line = new LoadingLine(streams);
            LoadProgress progress =
                    (done, total) -> {
                        line.loaded(done, total);
                        server.loading(done, total);
                    };
            var folder = LoadedModel.folder(model, common, streams);
            int context = common.contextOr(folder.config().maxContext());
            var check = MemoryCheck.of(folder, common, context, scheduling);
            try (var loaded = load(check, progress)) {
                loaded.awaitWeights();
                var engine = loaded.engine(model, common, sampling);
                var planned = scheduling.withKvBytes(check.plan().kvBytes());
                try (var scheduler = new Scheduler(engine, planned)) {
                    server.serve(served(loaded, scheduler));
                    announce(server, loaded, scheduler);
                    stop.await();
                    end(server, scheduler);
                }
            }
        }
        return 0;
    }

    private LoadedModel load(MemoryCheck check, LoadProgress progress) {
        return kernels == KernelChoice.REFERENCE
                ? LoadedModel.reference(check.folder(), common, streams)
                : LoadedModel.onCpu(check, kernels, streams, progress);
    }

    private ServedModel served(LoadedModel loaded, Scheduler scheduler) throws IOException {
        Path path = model.path();
        return new ServedModel(
                name(path),
                alias,
                Files.getLastModifiedTime(path).toInstant(),
                Fingerprint.of(path, new Version().number(), loaded.backend().description()),
                ModelFormat.weights(loaded.folder()),
                scheduler);
    }

    /// As it was asked for if it was pulled by name, else that of folder or file.
    private String name(Path path) {
        var asked = model.folder;
        if (asked != null && !Files.exists(asked)) return asked.toString().replace('\\', '/');
        String name = path.toAbsolutePath().normalize().getFileName().toString();
        return name.endsWith(".gguf") ? name.substring(0, name.length() - 5) : name;
    }

    private void announce(ChuanServer server, LoadedModel loaded, Scheduler scheduler) {
        var engine = scheduler.engine();
        if (!engine.settings().chatTuned())
            streams.err()
                    .println(
                            "chuan: this model was not trained to answer; in a chat it will"
                                    + " continue");
        if (!host.equals("localhost") && !host.startsWith("127.") && !host.equals("::1"))
            streams.err()
                    .println(
                            "chuan: other machines can reach this server at "
                                    + host
                                    + (access.hasKeys() ? "" : ", without a key"));
        streams.out()
                .printf(
                        "%s serves %s, %,d tokens of context, up to %d at a time; %s%n",
                        server.address(),
                        name(model.path()),
                        engine.context(),
                        parallel,
                        loaded.backend().description());
        streams.out().flush();
    }

    /// Once: finish; twice: at once.
    private void onSignal(String name) {
        Signals.register(
                name,
                () -> {
                    if (stop.getCount() == 0) Runtime.getRuntime().halt(Errors.INTERRUPTED);
                    stop.countDown();
                });
    }

    private void end(ChuanServer server, Scheduler scheduler) throws InterruptedException {
        long left = scheduler.statistics().unfinished();
        if (left > 0)
            streams.err().printf("chuan: ending; %d answers may take %d s more%n", left, grace);
        if (!server.drain(Duration.ofSeconds(grace)))
            streams.err().println("chuan: answers were cut off at the end of --grace");
    }

    private ServerOptions options() {
        if (port < 0 || port > MOST_PORT) throw new CliException("--port " + port + ": not a port");
        positive("--request-timeout", requestTimeout);
        if (grace < 0) throw new CliException("--grace " + grace + ": must not be negative");
        return ServerOptions.defaults()
                .withHost(host)
                .withPort(port)
                .withAlias(alias)
                .withGrace(Duration.ofSeconds(grace))
                .withRequestTimeout(Duration.ofSeconds(requestTimeout))
                .withMaxBodyBytes(ByteSize.parse("--max-body", maxBody))
                .withKeepAlive(ServerOptions.defaults().keepAlive(), keepAlive);
    }

    private SchedulerOptions scheduling() {
        positive("--parallel", parallel);
        positive("--queue", queue);
        return caching(cacheMemory).withMaxRunning(parallel).withMaxQueued(queue);
    }

    /// With this for `--cache-memory`; empty: as much as a server takes by itself.
    static SchedulerOptions caching(String cacheMemory) {
        return SchedulerOptions.defaults()
                .withKvBytes(
                        cacheMemory.isEmpty() ? 0 : ByteSize.parse("--cache-memory", cacheMemory));
    }

    private static void positive(String option, int value) {
        if (value < 1) throw new CliException(option + " " + value + ": must be positive");
    }
}
