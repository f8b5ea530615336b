package chuan.server;

import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.ProxyProtocolData;
import io.helidon.webserver.Router;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import org.jspecify.annotations.Nullable;

/// A client's connection that can be listened to while its request is answered, so that a client
/// who hangs up is noticed at once and not at the next write, which in a queue or without streaming
/// is far away. While a route works, a second (virtual) thread reads the socket; if the stream ends
/// it says so; if bytes come, they belong to the next request and are handed to the one who parses
/// requests.
///
/// [#current] is that of the request that this thread answers.
public final class ClientConnection {
    private static final ScopedValue<ClientConnection> CURRENT = ScopedValue.newInstance();

    private final DataReader source;
    private @Nullable CompletableFuture<byte @Nullable []> ahead;

    private ClientConnection(DataReader source) {
        this.source = source;
    }

    public static ClientConnection current() {
        return CURRENT.get();
    }

    /// Runs `task`, on another thread, if the client hangs up before its next request. The body of
    /// the present request must have been read.
    public void whenGone(Runnable task) {
        if (ahead == null) {
            ahead = new CompletableFuture<>();
            Thread.ofVirtual().name("chuan-client-watch").start(this::readAhead);
        }
        ahead.whenComplete((bytes, problem) -> {
            if (bytes == null || problem != null) task.run();
        });
    }

    private void readAhead() {
        var result = ahead;
        if (result == null) return;
        try {
            result.complete(receive());
        } catch (RuntimeException e) {
            result.completeExceptionally(e);
        }
    }

    /// What the parser of requests reads from. A client that leaves, be it between two requests or
    /// in the middle of one, ends the connection, and is no error.
    private byte[] read() {
        byte[] bytes = next();
        if (bytes == null) throw new CloseConnectionException("the client is gone");
        return bytes;
    }

    /// On the connection's thread, as is [#whenGone].
    private byte @Nullable [] next() {
        if (ahead == null) return receive();
        try {
            return ahead.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) throw cause;
            throw new IllegalStateException(e);
        } finally {
            ahead = null;
        }
    }

    /// Null at the end of the stream.
    private byte @Nullable [] receive() {
        try {
            source.ensureAvailable();
        } catch (DataReader.InsufficientDataAvailableException _) {
            return null;
        }
        return source.readBytes(source.available());
    }

    /// The listener's protocol: HTTP/1.1 over connections of this kind.
    static ServerConnectionSelector http1() {
        return new Selector(Http1ConnectionSelector.builder().config(Http1Config.create()).build());
    }

    private record Selector(ServerConnectionSelector http) implements ServerConnectionSelector {
        @Override
        public int bytesToIdentifyConnection() {
            return http.bytesToIdentifyConnection();
        }

        @Override
        public Support supports(io.helidon.common.buffers.BufferData data) {
            return http.supports(data);
        }

        @Override
        public java.util.Set<String> supportedApplicationProtocols() {
            return http.supportedApplicationProtocols();
        }

        @Override
        public ServerConnection connection(ConnectionContext context) {
            var client = new ClientConnection(context.dataReader());
            var reader = DataReader.create(client::read);
            return new Connection(client, http.connection(new Context(context, reader)));
        }
    }

    private record Connection(ClientConnection client, ServerConnection http)
            implements ServerConnection {
        @Override
        public void handle(Limit limit) throws InterruptedException {
            ScopedValue.where(CURRENT, client)
                    .<@Nullable Void, InterruptedException>call(() -> {
                        http.handle(limit);
                        return null;
                    });
        }

        @Override
        public Duration idleTime() {
            return http.idleTime();
        }

        @Override
        public void close(boolean interrupt) {
            http.close(interrupt);
        }
    }

    /// The connection as the HTTP code sees it: only where bytes come from is different.
    private record Context(ConnectionContext real, DataReader dataReader)
            implements ConnectionContext {
        @Override
        public ListenerContext listenerContext() {
            return real.listenerContext();
        }

        @Override
        public ExecutorService executor() {
            return real.executor();
        }

        @Override
        public DataWriter dataWriter() {
            return real.dataWriter();
        }

        @Override
        public Router router() {
            return real.router();
        }

        @Override
        public Optional<ProxyProtocolData> proxyProtocolData() {
            return real.proxyProtocolData();
        }

        @Override
        public HelidonSocket serverSocket() {
            return real.serverSocket();
        }

        @Override
        public PeerInfo remotePeer() {
            return real.remotePeer();
        }

        @Override
        public PeerInfo localPeer() {
            return real.localPeer();
        }

        @Override
        public boolean isSecure() {
            return real.isSecure();
        }

        @Override
        public String socketId() {
            return real.socketId();
        }

        @Override
        public String childSocketId() {
            return real.childSocketId();
        }
    }
}
