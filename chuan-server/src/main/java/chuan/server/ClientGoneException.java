package chuan.server;

/// The client has closed its connection: there is nobody to answer, and nothing is wrong.
public final class ClientGoneException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ClientGoneException(Exception cause) {
        super("the client is gone", cause);
    }
}
