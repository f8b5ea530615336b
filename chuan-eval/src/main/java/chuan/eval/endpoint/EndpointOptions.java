package chuan.eval.endpoint;

import chuan.eval.ExaminationException;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/// Where a model is and how it is to be asked.
///
/// @param base address in front of `/chat/completions`, without a slash at its end
/// @param model name for it; "" = the only one that the endpoint has
/// @param concurrency questions asked at a time
/// @param attempts for a question, before it counts as failed
/// @param timeout of one attempt, until the last byte
/// @param pause after the first attempt; each further one is twice as long, up to a minute
/// @param priceIn of a million tokens of prompts, in whatever money
/// @param priceOut of a million tokens that are written
public record EndpointOptions(
        URI base,
        String model,
        Optional<ApiKey> key,
        int concurrency,
        int attempts,
        Duration timeout,
        Duration pause,
        OptionalDouble priceIn,
        OptionalDouble priceOut) {

    public EndpointOptions {
        if (concurrency < 1 || concurrency > 1024)
            throw new ExaminationException("--concurrency: " + concurrency + ": from 1 to 1024");
        if (attempts < 1 || attempts > 100)
            throw new ExaminationException("--attempts: " + attempts + ": from 1 to 100");
        if (timeout.isNegative() || timeout.isZero())
            throw new ExaminationException("--timeout: must be positive");
        priceIn.ifPresent(price -> checkPrice("--price-in", price));
        priceOut.ifPresent(price -> checkPrice("--price-out", price));
    }

    /// @param address as a user gives it: with or without `/v1`, or with the path of a route
    public static EndpointOptions of(String address, String model) {
        return new EndpointOptions(
                base(address),
                model,
                Optional.empty(),
                8,
                6,
                Duration.ofMinutes(5),
                Duration.ofMillis(500),
                OptionalDouble.empty(),
                OptionalDouble.empty());
    }

    private static URI base(String address) {
        URI uri;
        try {
            uri = new URI(address.strip());
        } catch (URISyntaxException e) {
            throw new ExaminationException("--endpoint: " + address + " is no address");
        }
        String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
        boolean web = scheme.equals("http") || scheme.equals("https");
        if (!web || uri.getHost() == null)
            throw new ExaminationException(
                    "--endpoint: " + address + " is no address such as http://127.0.0.1:8080/v1");
        if (uri.getRawUserInfo() != null)
            throw new ExaminationException(
                    "--endpoint: an address with a password in it would be printed; use"
                            + " --api-key-env");
        if (uri.getRawQuery() != null || uri.getRawFragment() != null)
            throw new ExaminationException("--endpoint: leave out what is behind ? or #");
        String path = uri.getRawPath() == null ? "" : uri.getRawPath();
        path = path.replaceFirst("/+$", "").replaceFirst("(/chat)?/completions$", "");
        if (path.isEmpty()) path = "/v1";
        return URI.create(scheme + "://" + uri.getRawAuthority() + path);
    }

    private static void checkPrice(String option, double price) {
        if (!(price >= 0) || Double.isInfinite(price))
            throw new ExaminationException(option + ": " + price + " is no price");
    }

    public EndpointOptions withModel(String value) {
        return new EndpointOptions(
                base, value, key, concurrency, attempts, timeout, pause, priceIn, priceOut);
    }

    public EndpointOptions withKey(ApiKey value) {
        return new EndpointOptions(
                base,
                model,
                Optional.of(value),
                concurrency,
                attempts,
                timeout,
                pause,
                priceIn,
                priceOut);
    }

    public EndpointOptions withConcurrency(int value) {
        return new EndpointOptions(
                base, model, key, value, attempts, timeout, pause, priceIn, priceOut);
    }

    public EndpointOptions withAttempts(int value, Duration firstPause) {
        return new EndpointOptions(
                base, model, key, concurrency, value, timeout, firstPause, priceIn, priceOut);
    }

    public EndpointOptions withTimeout(Duration value) {
        return new EndpointOptions(
                base, model, key, concurrency, attempts, value, pause, priceIn, priceOut);
    }

    public EndpointOptions withPrices(OptionalDouble in, OptionalDouble out) {
        return new EndpointOptions(
                base, model, key, concurrency, attempts, timeout, pause, in, out);
    }
}
