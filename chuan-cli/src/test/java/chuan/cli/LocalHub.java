package chuan.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// A hub on this machine that speaks both dialects, has data sets beside models, honours ranges,
/// and misbehaves as told.
final class LocalHub implements AutoCloseable {
    static final String MODEL = "org/tiny";

    /// Beside the hub: files that nobody lists.
    static final String FOLDER = "/folder/";

    /// One request as it came.
    record Seen(
            String file,
            @Nullable String range,
            @Nullable String ifRange,
            @Nullable String authorization) {}

    /// An answer other than the usual one.
    interface Misbehaviour {
        void answer(HttpExchange exchange, byte[] content) throws IOException;
    }

    /// A file of the listing; hash null: not a large file.
    record Listed(long size, @Nullable String sha256) {}

    final Map<String, byte[]> files = new LinkedHashMap<>();
    final Map<String, Listed> lies = new LinkedHashMap<>();
    final List<Seen> seen = new CopyOnWriteArrayList<>();
    final AtomicLong bytes = new AtomicLong();
    private final Map<String, Deque<Misbehaviour>> script = new ConcurrentHashMap<>();
    private final HttpServer server;

    LocalHub() throws IOException {
        server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::handle);
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /// Next time this file (or `listing`) is asked for; several queue up.
    void next(String file, Misbehaviour misbehaviour) {
        script.computeIfAbsent(file, _ -> new ArrayDeque<>()).add(misbehaviour);
    }

    List<Seen> requests(String file) {
        return seen.stream().filter(s -> s.file().equals(file)).toList();
    }

    static Misbehaviour status(int status, String... headers) {
        return (exchange, _) -> {
            for (int i = 0; i < headers.length; i += 2)
                exchange.getResponseHeaders().add(headers[i], headers[i + 1]);
            exchange.sendResponseHeaders(status, -1);
        };
    }

    /// Promises everything from `from` on, sends so many bytes of it and hangs up.
    Misbehaviour dropAfter(int from, int count) {
        return (exchange, content) -> {
            exchange.getResponseHeaders().add("ETag", etag(content));
            if (from > 0)
                exchange.getResponseHeaders().add("Content-Range", range(from, content.length));
            exchange.sendResponseHeaders(from > 0 ? 206 : 200, content.length - from);
            var out = exchange.getResponseBody();
            out.write(content, from, count);
            out.flush();
            bytes.addAndGet(count);
            pause(300);
        };
    }

    /// Sends the whole, whatever is asked for.
    Misbehaviour ignoreRange() {
        return (exchange, content) -> send(exchange, content, 0);
    }

    static String etag(byte[] content) {
        return "\"" + Arrays.hashCode(content) + "\"";
    }

    static String sha256(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private static String range(int from, int length) {
        return "bytes " + from + "-" + (length - 1) + "/" + length;
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            String query = Objects.requireNonNullElse(exchange.getRequestURI().getRawQuery(), "");
            String file = file(path, query);
            var headers = exchange.getRequestHeaders();
            seen.add(
                    new Seen(
                            file,
                            headers.getFirst("Range"),
                            headers.getFirst("If-Range"),
                            headers.getFirst("Authorization")));
            var queue = script.get(file);
            var misbehaviour = queue == null ? null : queue.poll();
            byte[] content = files.getOrDefault(file, new byte[0]);
            if (misbehaviour != null) misbehaviour.answer(exchange, content);
            else if (file.equals("listing"))
                send(exchange, listing(path).getBytes(StandardCharsets.UTF_8), 0);
            else if (!files.containsKey(file)) exchange.sendResponseHeaders(404, -1);
            else send(exchange, content, wanted(exchange, content));
        }
    }

    private static String file(String path, String query) {
        String resolve = "/" + MODEL + "/resolve/main/";
        if (path.startsWith(resolve)) return path.substring(resolve.length());
        String dataSet = "/datasets" + resolve;
        if (path.startsWith(dataSet)) return path.substring(dataSet.length());
        if (path.startsWith(FOLDER)) return path.substring(FOLDER.length());
        String start = "Revision=master&FilePath=";
        if (path.equals("/api/v1/models/" + MODEL + "/repo") && query.startsWith(start))
            return URLDecoder.decode(query.substring(start.length()), StandardCharsets.UTF_8);
        boolean listing =
                path.equals("/api/models/" + MODEL + "/tree/main")
                        || path.equals("/api/datasets/" + MODEL + "/tree/main")
                        || path.equals("/api/v1/models/" + MODEL + "/repo/files");
        return listing ? "listing" : path;
    }

    private static int wanted(HttpExchange exchange, byte[] content) {
        String range = exchange.getRequestHeaders().getFirst("Range");
        String condition = exchange.getRequestHeaders().getFirst("If-Range");
        if (range == null || (condition != null && !condition.equals(etag(content)))) return 0;
        return Integer.parseInt(range.replaceAll("bytes=|-", ""));
    }

    private void send(HttpExchange exchange, byte[] content, int from) throws IOException {
        exchange.getResponseHeaders().add("ETag", etag(content));
        if (from > 0)
            exchange.getResponseHeaders().add("Content-Range", range(from, content.length));
        int count = content.length - from;
        exchange.sendResponseHeaders(from > 0 ? 206 : 200, count == 0 ? -1 : count);
        if (count == 0) return;
        exchange.getResponseBody().write(content, from, count);
        bytes.addAndGet(count);
    }

    private String listing(String path) {
        boolean modelScope = path.startsWith("/api/v1");
        var all = new ArrayList<Object>();
        files.forEach((name, content) -> {
            boolean large = modelScope || name.matches(".*\\.(safetensors|zip)");
            var honest = new Listed(content.length, large ? sha256(content) : null);
            all.add(entry(modelScope, name, lies.getOrDefault(name, honest), content));
        });
        return Json.line(modelScope ? Map.of("Code", 200, "Data", Map.of("Files", all)) : all);
    }

    private static Map<String, Object> entry(
            boolean modelScope, String name, Listed listed, byte[] content) {
        var entry = new LinkedHashMap<String, Object>();
        entry.put(modelScope ? "Path" : "path", name);
        entry.put(modelScope ? "Size" : "size", listed.size());
        entry.put(modelScope ? "Type" : "type", modelScope ? "blob" : "file");
        if (!modelScope) entry.put("oid", "id" + Arrays.hashCode(content));
        if (listed.sha256() != null) {
            if (modelScope) entry.put("Sha256", listed.sha256());
            else entry.put("lfs", Map.of("oid", listed.sha256(), "size", listed.size()));
        }
        return entry;
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
