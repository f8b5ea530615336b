package chuan.server;

import java.time.Duration;
import java.util.function.Consumer;

/// What whoever starts a server decides. A value: the `with` methods give changed copies.
///
/// @param host to bind to; only the machine itself reaches a loopback address
/// @param port 0 = any that is free
/// @param alias another name by which requests may call the model, "" = none
/// @param grace how long running answers may take after a stop was asked for
/// @param requestTimeout after which an answer is ended, with what it has
/// @param maxBodyBytes of a request
/// @param keepAlive a stream that has nothing to say says so this often
/// @param keepAliveStyle how it says so
public record ServerOptions(
        String host,
        int port,
        String alias,
        Duration grace,
        Duration requestTimeout,
        long maxBodyBytes,
        Duration keepAlive,
        KeepAliveStyle keepAliveStyle) {

    /// What a stream sends while there is no text.
    public enum KeepAliveStyle {
        /// A comment line, which every parser of event streams skips.
        COMMENT,
        /// A chunk with an empty delta, for parsers that stumble over comments.
        CHUNK,
        /// Nothing.
        OFF
    }

    public static ServerOptions defaults() {
        return new ServerOptions(
                "127.0.0.1",
                8080,
                "",
                Duration.ofSeconds(30),
                Duration.ofMinutes(30),
                8L << 20,
                Duration.ofSeconds(5),
                KeepAliveStyle.COMMENT);
    }

    public ServerOptions withHost(String value) {
        return with(f -> f.host = value);
    }

    public ServerOptions withPort(int value) {
        return with(f -> f.port = value);
    }

    public ServerOptions withAlias(String value) {
        return with(f -> f.alias = value);
    }

    public ServerOptions withGrace(Duration value) {
        return with(f -> f.grace = value);
    }

    public ServerOptions withRequestTimeout(Duration value) {
        return with(f -> f.requestTimeout = value);
    }

    public ServerOptions withMaxBodyBytes(long value) {
        return with(f -> f.maxBodyBytes = value);
    }

    public ServerOptions withKeepAlive(Duration every, KeepAliveStyle style) {
        return with(f -> {
            f.keepAlive = every;
            f.keepAliveStyle = style;
        });
    }

    private ServerOptions with(Consumer<Fields> change) {
        var fields = new Fields(this);
        change.accept(fields);
        return fields.options();
    }

    /// A copy that is being changed.
    private static final class Fields {
        String host;
        int port;
        String alias;
        Duration grace;
        Duration requestTimeout;
        long maxBodyBytes;
        Duration keepAlive;
        KeepAliveStyle keepAliveStyle;

        Fields(ServerOptions of) {
            host = of.host;
            port = of.port;
            alias = of.alias;
            grace = of.grace;
            requestTimeout = of.requestTimeout;
            maxBodyBytes = of.maxBodyBytes;
            keepAlive = of.keepAlive;
            keepAliveStyle = of.keepAliveStyle;
        }

        ServerOptions options() {
            return new ServerOptions(
                    host,
                    port,
                    alias,
                    grace,
                    requestTimeout,
                    maxBodyBytes,
                    keepAlive,
                    keepAliveStyle);
        }
    }
}
