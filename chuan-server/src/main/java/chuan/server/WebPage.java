package chuan.server;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.HttpFeature;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/// The files of the page, `web/` among the resources, at `/`. They are small and stay in memory; a
/// browser asks each time whether they changed.
final class WebPage implements HttpFeature {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._/-]*");

    private static final Map<String, String> TYPES =
            Map.ofEntries(
                    Map.entry("html", "text/html; charset=utf-8"),
                    Map.entry("css", "text/css; charset=utf-8"),
                    Map.entry("js", "text/javascript; charset=utf-8"),
                    Map.entry("mjs", "text/javascript; charset=utf-8"),
                    Map.entry("json", "application/json"),
                    Map.entry("webmanifest", "application/manifest+json"),
                    Map.entry("yaml", "application/yaml"),
                    Map.entry("svg", "image/svg+xml"),
                    Map.entry("png", "image/png"),
                    Map.entry("ico", "image/x-icon"),
                    Map.entry("woff2", "font/woff2"),
                    Map.entry("txt", "text/plain; charset=utf-8"));

    private record Asset(byte[] bytes, String type, String tag) {}

    private final Map<String, Optional<Asset>> assets = new ConcurrentHashMap<>();

    @Override
    public void setup(HttpRouting.Builder routing) {
        routing.get("/", (request, response) -> serve("index.html", request, response));
        routing.get(
                "/{+name}",
                (request, response) ->
                        serve(request.path().path().substring(1), request, response));
    }

    /// Whether there is a file of the page at a path.
    boolean has(String path) {
        if (path.length() < 2) return path.equals("/");
        String name = path.substring(1);
        return NAME.matcher(name).matches() && find(name).isPresent();
    }

    private void serve(String name, ServerRequest request, ServerResponse response) {
        var asset = NAME.matcher(name).matches() ? find(name) : Optional.<Asset>empty();
        if (asset.isEmpty()) {
            response.next(); // to the end of the routing, which knows how to say no
            return;
        }
        Asset found = asset.get();
        response.header("Cache-Control", "no-cache");
        response.header("ETag", found.tag);
        if (request.headers()
                .first(HeaderNames.IF_NONE_MATCH)
                .filter(found.tag::equals)
                .isPresent()) {
            response.status(304).send();
            return;
        }
        response.header("Content-Type", found.type);
        response.send(found.bytes);
    }

    /// Only names that exist are kept: a client cannot fill the memory with others.
    private Optional<Asset> find(String name) {
        var known = assets.get(name);
        if (known != null) return known;
        String type = TYPES.get(name.substring(name.lastIndexOf('.') + 1));
        if (type == null || name.contains("..")) return Optional.empty();
        try (InputStream in = WebPage.class.getResourceAsStream("/web/" + name)) {
            if (in == null) return Optional.empty();
            byte[] bytes = in.readAllBytes();
            var asset = Optional.of(new Asset(bytes, type, tag(bytes)));
            assets.put(name, asset);
            return asset;
        } catch (IOException e) {
            return Optional.empty(); // a folder
        }
    }

    private static String tag(byte[] bytes) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(bytes);
            return '"' + HexFormat.of().formatHex(hash, 0, 8) + '"';
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has SHA-256
        }
    }
}
