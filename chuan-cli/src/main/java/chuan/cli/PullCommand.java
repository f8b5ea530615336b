package chuan.cli;

import chuan.hub.Hub;
import chuan.hub.Manifest;
import chuan.hub.Puller;
import chuan.hub.Selection;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `chuan pull`: a model folder from a hub.
@Command(
        name = "pull",
        description = "Fetches a model from a hub; goes on where an earlier attempt ended.",
        mixinStandardHelpOptions = true)
final class PullCommand implements Callable<Integer> {
    private static final int MOST_CONNECTIONS = 32;

    private final Streams streams;

    @Parameters(paramLabel = "NAME", description = "Such as baichuan-inc/Baichuan-13B-Chat.")
    String name = "";

    @Option(
            names = "--hub",
            paramLabel = "URL",
            description =
                    "The hub or a mirror; default: HF_ENDPOINT or MODELSCOPE_ENDPOINT, else the"
                            + " source's own.")
    @Nullable String address;

    @Option(
            names = "--source",
            paramLabel = "S",
            description = "The hub's dialect: ${COMPLETION-CANDIDATES}.")
    Hub.Source source = Hub.Source.HUGGINGFACE;

    @Option(
            names = "--revision",
            paramLabel = "R",
            description = "Branch, tag or commit; default: the newest.")
    @Nullable String revision;

    @Option(
            names = "--token",
            paramLabel = "T",
            description = "For gated models; better in the variable HF_TOKEN or MODELSCOPE_TOKEN.")
    @Nullable String token;

    @Option(
            names = {"-o", "--out"},
            paramLabel = "DIR",
            description = "Default: $CHUAN_HOME/models/NAME, or ~/.chuan/models/NAME.")
    @Nullable Path out;

    @Option(names = "--offline", description = "Use no network: verify what is there.")
    boolean offline;

    @Option(names = "--include", paramLabel = "GLOB", description = "Fetch only such files.")
    List<String> include = List.of();

    @Option(names = "--exclude", paramLabel = "GLOB", description = "Leave such files out.")
    List<String> exclude = List.of();

    @Option(
            names = "--connections",
            paramLabel = "N",
            description = "Files fetched side by side; default: ${DEFAULT-VALUE}.")
    int connections = 4;

    @Option(names = "--json", description = "List the files as one JSON object.")
    boolean json;

    @Option(names = "--verbose", description = "Say where errors come from.")
    boolean verbose;

    @Option(names = "--back-off", hidden = true, description = "Milliseconds after a failure.")
    long backOffMillis = 500;

    PullCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws IOException {
        if (connections < 1 || connections > MOST_CONNECTIONS)
            throw new CliException(
                    "--connections " + connections + ": from 1 to " + MOST_CONNECTIONS);
        String home = variable(source.endpointVariable(), source.endpoint());
        var hub =
                Hub.of(
                        source,
                        Objects.requireNonNullElse(address, home),
                        name,
                        Objects.requireNonNullElse(revision, source.revision()));
        Path folder = out == null ? Models.store().resolve(name) : out;
        var request =
                new Puller.Request(
                        hub,
                        folder,
                        new Selection(include, exclude),
                        token(hub, home),
                        connections,
                        Duration.ofMillis(backOffMillis));
        try (var watch = new Watch(streams, json)) {
            var puller = new Puller(request, watch);
            var result = offline ? puller.verify() : puller.pull();
            watch.clear();
            report(result, folder);
            return 0;
        } catch (InterruptedException _) {
            return Errors.INTERRUPTED;
        }
    }

    /// The variable's token is meant for the hub of the variables; another one gets it by `--token`
    /// only.
    private @Nullable String token(Hub hub, String home) {
        boolean same = hub.base().equals(Hub.of(source, home, name, hub.revision()).base());
        String value =
                Objects.requireNonNullElse(token, same ? variable(source.tokenVariable(), "") : "");
        if (!value.strip().matches("[!-~]*"))
            throw new CliException("--token: holds what no token holds, such as spaces");
        return value.isBlank() ? null : value.strip();
    }

    static String variable(String name, String otherwise) {
        String value = Objects.requireNonNullElse(System.getenv(name), "");
        return value.isBlank() ? otherwise : value.strip();
    }

    private void report(Puller.Result result, Path folder) {
        Manifest manifest = result.manifest();
        if (json) {
            var all = new LinkedHashMap<String, Object>();
            all.put("model", manifest.model());
            all.put("revision", manifest.revision());
            all.put("hub", manifest.hub());
            all.put("folder", folder.toString());
            all.put("bytes", manifest.bytes());
            all.put("fetchedBytes", result.fetched());
            all.put("files", manifest.entries());
            streams.out().println(Json.line(all));
            return;
        }
        streams.out()
                .printf(
                        Locale.ROOT,
                        "%s: %d files, %s, %s%s; use it with --model %s%n",
                        manifest.model(),
                        manifest.files().size(),
                        GgufWriting.size(manifest.bytes()),
                        offline
                                ? "all as they were pulled"
                                : GgufWriting.size(result.fetched()) + " of it fetched now",
                        result.skipped() > 0 ? ", " + result.skipped() + " files left out" : "",
                        out == null ? name : folder);
    }

    /// What a person sees meanwhile. Ctrl-C may end the process at any byte: what is on disk is
    /// always fit to be taken up, so there is nothing to wait for.
    static final class Watch implements Puller.Watcher, AutoCloseable {
        private static final long UNIT = 1_000_000;

        private final Streams streams;
        private final boolean quiet;
        private final Thread hook = new Thread(this::interrupted, "pull-interrupted");
        private @Nullable ProgressLine line;
        private boolean ended;

        /// @param quiet whether stdout is for others and licences go to stderr
        Watch(Streams streams, boolean quiet) {
            this.streams = streams;
            this.quiet = quiet;
            Runtime.getRuntime().addShutdownHook(hook);
        }

        @Override
        public synchronized void begin(String what, long already, long total) {
            clear();
            line = new ProgressLine(streams, what, "MB", already / UNIT, total / UNIT);
        }

        @Override
        public synchronized void at(long bytes) {
            if (line != null && !ended) line.update(Math.max(bytes, 0) / UNIT);
        }

        @Override
        public synchronized void licence(String text) {
            clear();
            (quiet ? streams.err() : streams.out()).println(text);
        }

        synchronized void clear() {
            if (line != null) line.clear();
        }

        private synchronized void interrupted() {
            clear();
            ended = true;
            streams.err().println("chuan: interrupted; the same command goes on where this ended");
        }

        @Override
        public void close() {
            clear();
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException _) {
                // the process is ending: the hook speaks
            }
        }
    }
}
