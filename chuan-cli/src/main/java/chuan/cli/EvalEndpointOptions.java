package chuan.cli;

import chuan.eval.endpoint.ApiKey;
import chuan.eval.endpoint.EndpointOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Which endpoint is asked in place of a model of this machine, and how.
final class EvalEndpointOptions {
    @Option(
            names = "--endpoint",
            paramLabel = "URL",
            description =
                    "Ask what speaks OpenAI's API there, such as http://127.0.0.1:8080/v1, and not"
                            + " a model of this machine.")
    @Nullable String address;

    @Option(
            names = "--endpoint-model",
            paramLabel = "NAME",
            description = "Model of the endpoint; default: the only one it has.")
    String model = "";

    @Option(
            names = "--api-key-env",
            paramLabel = "VAR",
            description = "Environment variable that holds the API key. It is never printed.")
    @Nullable String keyVariable;

    @Option(
            names = "--api-key-file",
            paramLabel = "FILE",
            description = "File that holds the API key.")
    @Nullable Path keyFile;

    @Option(
            names = "--concurrency",
            paramLabel = "N",
            description = "Questions that an endpoint is asked at a time; default: 8.")
    @Nullable Integer concurrency;

    @Option(
            names = "--attempts",
            paramLabel = "N",
            description =
                    "Attempts for a question, with growing pauses, before it counts as failed;"
                            + " default: 6.")
    @Nullable Integer attempts;

    @Option(
            names = "--timeout",
            paramLabel = "S",
            description = "Seconds for one attempt; default: 300.")
    @Nullable Double timeout;

    @Option(
            names = "--price-in",
            paramLabel = "P",
            description = "Price of a million tokens of prompts, to add up what a run costs.")
    @Nullable Double priceIn;

    @Option(
            names = "--price-out",
            paramLabel = "P",
            description = "Price of a million tokens that are written.")
    @Nullable Double priceOut;

    /// Empty if a model of this machine is asked.
    Optional<EndpointOptions> options() {
        if (address == null) {
            refuseWithoutEndpoint();
            return Optional.empty();
        }
        if (keyVariable != null && keyFile != null)
            throw new CliException("--api-key-env and --api-key-file: give one of them");
        var options = EndpointOptions.of(address, model);
        if (keyVariable != null)
            options = options.withKey(ApiKey.ofVariable(keyVariable, System.getenv()));
        if (keyFile != null) options = options.withKey(ApiKey.ofFile(keyFile));
        if (concurrency != null) options = options.withConcurrency(concurrency);
        if (attempts != null) options = options.withAttempts(attempts, options.pause());
        if (timeout != null) options = options.withTimeout(seconds(timeout));
        return Optional.of(options.withPrices(optional(priceIn), optional(priceOut)));
    }

    private static Duration seconds(double seconds) {
        if (!(seconds > 0 && seconds <= 86_400))
            throw new CliException("--timeout: " + seconds + ": from 0 to 86400 seconds");
        return Duration.ofNanos(Math.round(seconds * 1e9));
    }

    private static OptionalDouble optional(@Nullable Double value) {
        return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
    }

    private void refuseWithoutEndpoint() {
        boolean any =
                !model.isEmpty()
                        || keyVariable != null
                        || keyFile != null
                        || concurrency != null
                        || attempts != null
                        || timeout != null
                        || priceIn != null
                        || priceOut != null;
        if (any) throw new CliException("options of an endpoint: need --endpoint URL");
    }
}
