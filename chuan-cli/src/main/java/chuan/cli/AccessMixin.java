package chuan.cli;

import chuan.server.guard.AccessOptions;
import chuan.server.guard.ApiKeys;
import chuan.server.metrics.AccessLog;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Options of `chuan serve` about who may use it, how much, and what is written down about it.
final class AccessMixin {
    /// Keys in clear text, for containers whose secrets are environment variables.
    private static final String VARIABLE = "CHUAN_API_KEYS";

    @Option(
            names = "--api-keys",
            paramLabel = "FILE",
            description =
                    "Requests need one of the keys whose hashes are in FILE, lines of NAME sha256:HEX"
                            + " (see --new-key). Also: environment variable "
                            + VARIABLE
                            + ", keys separated by commas.")
    @Nullable Path keyFile;

    @Option(
            names = "--new-key",
            paramLabel = "NAME",
            description =
                    "Prints a new key and ends; its hash goes into the file of --api-keys, without"
                            + " one to stderr.")
    @Nullable String newKey;

    @Option(
            names = "--cors-origin",
            paramLabel = "ORIGIN",
            description =
                    "Pages of this origin, such as https://chat.example.org, may use the server; *:"
                            + " all. May be repeated. Default: only its own page.")
    List<String> corsOrigins = new ArrayList<>();

    @Option(
            names = "--allow-host",
            paramLabel = "NAME",
            description =
                    "The server may be called by this name; *: any. May be repeated. Default:"
                            + " localhost and addresses; any where keys are needed.")
    List<String> hosts = new ArrayList<>();

    @Option(
            names = "--rate-requests",
            paramLabel = "N",
            description =
                    "Requests per minute and key, or address without keys. Default: no limit.")
    int rateRequests;

    @Option(
            names = "--rate-tokens",
            paramLabel = "N",
            description = "Tokens of prompts and answers, likewise. Default: no limit.")
    int rateTokens;

    @Option(names = "--open-metrics", description = "/metrics needs no key.")
    boolean openMetrics;

    @Option(
            names = "--access-log",
            paramLabel = "FILE",
            description =
                    "One line of JSON for each request, never what was said; -: stdout, off: none."
                            + " Default: ${DEFAULT-VALUE}.")
    String accessLog = "-";

    boolean hasKeys() {
        return keyFile != null || variable() != null;
    }

    private static @Nullable String variable() {
        String keys = System.getenv(VARIABLE);
        return keys == null || keys.isBlank() ? null : keys;
    }

    AccessOptions options() throws IOException {
        if (rateRequests < 0) throw negative("--rate-requests", rateRequests);
        if (rateTokens < 0) throw negative("--rate-tokens", rateTokens);
        for (String origin : corsOrigins)
            if (!origin.equals("*") && !origin.matches("[A-Za-z][A-Za-z0-9+.-]*://[^/\\s]+"))
                throw new CliException(
                        "--cors-origin "
                                + origin
                                + ": not an origin like https://chat.example.org");
        return AccessOptions.defaults()
                .withKeys(keys())
                .withCorsOrigins(corsOrigins)
                .withAllowedHosts(hosts)
                .withLimits(rateRequests, rateTokens)
                .withOpenMetrics(openMetrics);
    }

    private static CliException negative(String option, int value) {
        return new CliException(option + " " + value + ": must not be negative");
    }

    private ApiKeys keys() throws IOException {
        String clear = variable();
        if (keyFile != null && clear != null)
            throw new CliException("--api-keys and " + VARIABLE + " exclude each other");
        try {
            if (keyFile != null)
                return ApiKeys.parse(keyFile.toString(), Files.readAllLines(keyFile));
            return clear == null ? ApiKeys.NONE : ApiKeys.ofClearText(VARIABLE, clear);
        } catch (IllegalArgumentException e) {
            throw new CliException("--api-keys: " + e.getMessage());
        }
    }

    /// To be closed by the caller.
    AccessLog log(Streams streams) throws IOException {
        return switch (accessLog) {
            case "-" -> AccessLog.to(streams.out());
            case "off" -> AccessLog.NONE;
            default -> AccessLog.append(Path.of(accessLog));
        };
    }

    /// Prints a key once; nobody can find it out from its hash.
    int makeKey(Streams streams) throws IOException {
        String key = ApiKeys.generate();
        String line;
        try {
            line = ApiKeys.line(newKey == null ? "" : newKey, key);
        } catch (IllegalArgumentException e) {
            throw new CliException("--new-key: " + e.getMessage());
        }
        if (keyFile == null) {
            streams.err().println("chuan: its line for a file of --api-keys: " + line);
        } else {
            var lines = Files.exists(keyFile) ? Files.readAllLines(keyFile) : List.<String>of();
            var all = new ArrayList<>(lines);
            all.add(line);
            try {
                ApiKeys.parse(keyFile.toString(), all);
            } catch (IllegalArgumentException e) {
                throw new CliException("--new-key: " + e.getMessage());
            }
            Files.writeString(
                    keyFile,
                    line + "\n",
                    StandardCharsets.UTF_8,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        }
        streams.out().println(key);
        return 0;
    }
}
