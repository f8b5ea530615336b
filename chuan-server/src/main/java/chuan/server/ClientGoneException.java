package chuan.server;

import io.helidon.webserver.CloseConnectionException;

/// The client has closed its connection: there is nobody to answer, and nothing is wrong. Helidon
/// lets go of the connection without a word.
public final class ClientGoneException extends CloseConnectionException {
    private static final long serialVersionUID = 1L;

    public ClientGoneException(Exception cause) {
        super("the client is gone", cause);
    }
}
