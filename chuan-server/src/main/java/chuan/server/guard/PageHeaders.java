package chuan.server.guard;

import io.helidon.webserver.http.ServerResponse;

/// Headers that keep a browser from doing with an answer what it should not: the page runs its own
/// scripts and styles only, loads nothing from elsewhere, is in nobody's frame; other answers are
/// no page at all.
public final class PageHeaders {
    private static final String PAGE =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:;"
                    + " connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none';"
                    + " form-action 'none'; frame-ancestors 'none'; require-trusted-types-for"
                    + " 'script'; trusted-types lit-html dompurify";
    private static final String NO_PAGE =
            "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    private static final String PERMISSIONS =
            "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), hid=(),"
                    + " display-capture=()";

    private PageHeaders() {}

    /// @param shared pages of other origins may read the answer
    public static void set(ServerResponse response, boolean page, boolean shared) {
        response.header("Content-Security-Policy", page ? PAGE : NO_PAGE);
        response.header("X-Content-Type-Options", "nosniff");
        response.header("Referrer-Policy", "no-referrer");
        response.header("Cross-Origin-Resource-Policy", shared ? "cross-origin" : "same-origin");
        if (!page) return;
        response.header("Cross-Origin-Opener-Policy", "same-origin");
        response.header("Permissions-Policy", PERMISSIONS);
    }
}
