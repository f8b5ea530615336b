package chuan.server;

import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRouting;

/// Registers routes: with and without a slash at the end, and with a proper refusal of other
/// methods.
public final class Routes {
    private Routes() {}

    public static void get(HttpRouting.Builder routing, String path, Handler handler) {
        routing.get(path, handler);
        if (!path.endsWith("}")) routing.get(path + "/", handler);
        refuseOthers(routing, path, "GET");
    }

    public static void post(HttpRouting.Builder routing, String path, Handler handler) {
        routing.post(path, handler);
        routing.post(path + "/", handler);
        refuseOthers(routing, path, "POST");
    }

    private static void refuseOthers(HttpRouting.Builder routing, String path, String allowed) {
        routing.any(
                path,
                (request, _) -> {
                    String method = request.prologue().method().text();
                    throw new ApiException(
                                    405,
                                    "invalid_request_error",
                                    null,
                                    "method_not_allowed",
                                    request.path().path() + " takes " + allowed + ", not " + method)
                            .withHeader("Allow", allowed);
                });
    }
}
