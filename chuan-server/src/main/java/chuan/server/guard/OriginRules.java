package chuan.server.guard;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Which web pages may use the server. A browser runs the scripts of any page on the user's
/// machine, where a server on a loopback address has no other protection:
///
/// - a page of another origin may not send requests (cross-site request forgery) unless its origin
///   is allowed: browsers name it in `Origin`;
/// - a page whose name was made to point to this machine (DNS rebinding) sends that name in `Host`:
///   only addresses, `localhost` and allowed names are taken. Where keys are asked for such a page
///   has none, and any name is taken unless some are listed.
///
/// Immutable.
public final class OriginRules {
    private static final Pattern IPV4 = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");

    /// Any origin, or any host.
    public static final String ANY = "*";

    private final List<String> origins;
    private final List<String> hosts;
    private final boolean anyHost;

    /// @param origins of other pages that may use the server, such as `https://chat.example.org`
    /// @param hosts names by which the server may be called, such as `chuan.example.org`
    /// @param keysRequired requests need a key
    public OriginRules(List<String> origins, List<String> hosts, boolean keysRequired) {
        this.origins = origins.stream().map(OriginRules::lower).toList();
        this.hosts = hosts.stream().map(OriginRules::lower).toList();
        anyHost = hosts.contains(ANY) || (keysRequired && hosts.isEmpty());
    }

    private static String lower(String text) {
        return text.toLowerCase(Locale.ROOT);
    }

    /// Whether the server may be called by this name.
    ///
    /// @param authority value of `Host`: a name or an address, perhaps with a port
    public boolean allowsHost(String authority) {
        if (anyHost) return true;
        String host = lower(withoutPort(authority));
        return host.equals("localhost")
                || host.endsWith(".localhost")
                || IPV4.matcher(host).matches()
                || host.startsWith("[")
                || hosts.contains(host);
    }

    private static String withoutPort(String authority) {
        int colon = authority.lastIndexOf(':');
        return colon < 0 || authority.endsWith("]") ? authority : authority.substring(0, colon);
    }

    /// Whether a page of this origin may send requests.
    ///
    /// @param origin value of `Origin`; null = not sent by a page's script
    public boolean allowsOrigin(@Nullable String origin, String authority) {
        return origin == null || isSame(origin, authority) || allowsOther(origin);
    }

    /// The page is our own.
    private static boolean isSame(String origin, String authority) {
        int scheme = origin.indexOf("://");
        return scheme > 0 && origin.substring(scheme + 3).equalsIgnoreCase(authority);
    }

    /// Whether a page of another origin may send requests, and read the answers.
    public boolean allowsOther(String origin) {
        return origins.contains(ANY) || origins.contains(lower(origin));
    }
}
