package chuan.hub;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Requests to a hub. Redirects are followed here and not by the JDK: the token goes to the hub's
/// own origin only, and what began under TLS stays under TLS. May be used by several threads.
final class HubClient implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final int MOST_REDIRECTS = 10;
    private static final int MOST_PAGES = 1000;
    private static final int LONGEST_LISTING = 64 << 20;
    private static final Pattern NEXT = Pattern.compile("<([^>]+)>\\s*;[^,]*rel=\"?next\"?");

    private final Hub hub;
    private final Map<String, String> credentials;
    private final Duration backOff;
    private final HttpClient client =
            HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .followRedirects(HttpClient.Redirect.NEVER)
                    .connectTimeout(Duration.ofSeconds(20))
                    .build();

    /// @param backOff wait after the first failure; doubled after each further one
    HubClient(Hub hub, @Nullable String token, Duration backOff) {
        this.hub = hub;
        this.credentials = token == null ? Map.of() : hub.credentials(token);
        this.backOff = backOff;
    }

    /// Success, or 416. The caller closes the body.
    record Answer(int status, HttpHeaders headers, InputStream body) implements AutoCloseable {
        Optional<String> header(String name) {
            return headers.firstValue(name);
        }

        @Override
        public void close() throws IOException {
            body.close();
        }
    }

    Retries retries() {
        return new Retries(backOff);
    }

    /// Every file of the model; no path twice.
    List<HubFile> files() throws InterruptedException {
        if (hub instanceof WebFolder folder) return folderFiles(folder);
        var files = new ArrayList<HubFile>();
        Optional<URI> next = Optional.of(hub.listing());
        for (int page = 0; next.isPresent(); page++) {
            if (page == MOST_PAGES) throw new HubException(hub.model() + ": has no end of files");
            next = page(next.get(), files);
        }
        var paths = new HashSet<String>();
        for (HubFile file : files)
            if (!paths.add(file.path())) throw new HubException(file.path() + ": listed twice");
        return files;
    }

    private List<HubFile> folderFiles(WebFolder folder) throws InterruptedException {
        for (var retries = retries(); ; ) {
            try {
                return folder.files(this);
            } catch (TransientException e) {
                retries.failed(hub.model(), e);
            }
        }
    }

    private Optional<URI> page(URI uri, List<HubFile> files) throws InterruptedException {
        String what = hub.model() + ", revision " + hub.revision();
        for (var retries = retries(); ; ) {
            try (var answer = get(what, uri, Map.of())) {
                byte[] bytes = answer.body().readNBytes(LONGEST_LISTING + 1);
                if (bytes.length > LONGEST_LISTING)
                    throw new HubException(what + ": the list of files is longer than 64 MiB");
                String text = new String(bytes, StandardCharsets.UTF_8);
                files.addAll(hub.files(HubJson.read(uri.toString(), text)));
                return answer.headers().allValues("Link").stream()
                        .map(NEXT::matcher)
                        .filter(link -> link.find())
                        .map(link -> resolved(what, uri, link.group(1)))
                        .findFirst();
            } catch (IOException e) {
                retries.failed(what, e instanceof TransientException t ? t : failure(uri, e));
            }
        }
    }

    /// @param what named in errors
    /// @throws TransientException for what a later attempt may cure
    /// @throws HubException for what it will not
    Answer get(String what, URI first, Map<String, String> headers)
            throws TransientException, InterruptedException {
        URI at = first;
        boolean home = true;
        for (int hops = 0; hops <= MOST_REDIRECTS; hops++) {
            home &= origin(at).equals(origin(hub.base()));
            var response = send(at, headers, home);
            int status = response.statusCode();
            if (status / 100 == 2 || status == 416)
                return new Answer(status, response.headers(), response.body());
            close(response);
            var location = response.headers().firstValue("Location");
            if (status / 100 != 3 || location.isEmpty()) throw refused(what, at, home, response);
            at = resolved(what, at, location.get());
        }
        throw new HubException(what + ": more than " + MOST_REDIRECTS + " redirects");
    }

    private HttpResponse<InputStream> send(URI uri, Map<String, String> headers, boolean home)
            throws TransientException, InterruptedException {
        var request = HttpRequest.newBuilder(uri).header("User-Agent", "chuan");
        request.header("Accept-Encoding", "identity");
        headers.forEach(request::header);
        if (home) credentials.forEach(request::header);
        var response = client.sendAsync(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        try {
            return response.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw failure(uri, Objects.requireNonNull(e.getCause()));
        } catch (TimeoutException _) {
            response.cancel(true);
            throw new TransientException(uri.getHost() + " does not answer");
        } catch (InterruptedException e) {
            response.cancel(true);
            throw e;
        }
    }

    private RuntimeException refused(
            String what, URI at, boolean home, HttpResponse<InputStream> response)
            throws TransientException {
        int status = response.statusCode();
        // Elsewhere it is a signed address that has run out: the hub gives a new one.
        boolean denied = status == 401 || status == 403;
        if (status >= 500 || status == 408 || status == 429 || (denied && !home))
            throw new TransientException(
                    at.getHost() + " answers HTTP " + status, retryAfter(response.headers()));
        String token = "pass a token with --token or the variable " + hub.source().tokenVariable();
        String code = " (HTTP " + status + ")";
        boolean unknown =
                response.headers().firstValue("X-Error-Code").orElse("").equals("RepoNotFound");
        if (denied && unknown)
            return new HubException(
                    what
                            + ": unknown to "
                            + hub.base()
                            + ", or private"
                            + code
                            + "; then "
                            + token);
        if (denied)
            return new HubException(
                    what
                            + ": it is gated or private"
                            + code
                            + ": accept its terms at "
                            + hub.page()
                            + " and "
                            + token);
        if (status == 404)
            return new HubException(
                    what + ": unknown to " + hub.base() + code + "; check name and revision");
        return new HubException(what + ": " + at.getHost() + " refuses it" + code);
    }

    private static URI resolved(String what, URI from, String location) {
        URI to;
        try {
            to = from.resolve(location);
        } catch (IllegalArgumentException _) {
            throw new HubException(what + ": redirected to what is no address: " + location);
        }
        String scheme = String.valueOf(to.getScheme()).toLowerCase(Locale.ROOT);
        boolean secure = scheme.equals("https");
        if (to.getHost() == null || !(secure || scheme.equals("http")))
            throw new HubException(what + ": redirected to what is no web address: " + location);
        if (!secure && "https".equalsIgnoreCase(from.getScheme()))
            throw new HubException(
                    what + ": redirected from https to http, to " + to.getHost() + "; refused");
        return to;
    }

    private static String origin(URI uri) {
        String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
        int usual = scheme.equals("https") ? 443 : 80;
        int port = uri.getPort() < 0 ? usual : uri.getPort();
        return scheme + "://" + String.valueOf(uri.getHost()).toLowerCase(Locale.ROOT) + ":" + port;
    }

    private static TransientException failure(URI uri, Throwable cause) {
        String reason =
                cause instanceof ConnectException
                        ? "no connection"
                        : Objects.requireNonNullElse(
                                cause.getMessage(), cause.getClass().getSimpleName());
        return new TransientException(uri.getHost() + ": " + reason);
    }

    /// Seconds or a date.
    private static Optional<Duration> retryAfter(HttpHeaders headers) {
        String text = headers.firstValue("Retry-After").orElse("").strip();
        if (text.matches("[0-9]{1,6}"))
            return Optional.of(Duration.ofSeconds(Long.parseLong(text)));
        try {
            var until = Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(text));
            var wait = Duration.between(Instant.now(), until);
            return Optional.of(wait.isNegative() ? Duration.ZERO : wait);
        } catch (DateTimeException _) {
            return Optional.empty();
        }
    }

    private static void close(HttpResponse<InputStream> response) {
        try {
            response.body().close();
        } catch (IOException _) {
            // nothing of it was wanted
        }
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
