package chuan.server;

import java.time.Duration;

/// What a server can do at the moment. Any thread.
public final class ServerState {
    /// The server listens before its model is there.
    public sealed interface Phase {
        /// `done` of `total` bytes of the model are in memory; `total` 0 = not known yet.
        record Loading(long done, long total) implements Phase {}

        record Ready(ServedModel model) implements Phase {}

        /// Running answers are finished, new ones refused.
        record Draining(ServedModel model) implements Phase {}

        /// There will be no model.
        record Failed(String message) implements Phase {}
    }

    private volatile Phase phase = new Phase.Loading(0, 0);

    public Phase phase() {
        return phase;
    }

    void set(Phase next) {
        phase = next;
    }

    /// @throws ApiException 503 if none can be asked at the moment
    public ServedModel model() {
        return switch (phase) {
            case Phase.Ready(ServedModel model) -> model;
            case Phase.Loading(long done, long total) ->
                    throw ApiException.unavailable(
                            "The model is being loaded" + percent(done, total),
                            Duration.ofSeconds(2));
            case Phase.Draining _ ->
                    throw ApiException.unavailable(
                            "The server is shutting down", Duration.ofSeconds(10));
            case Phase.Failed(String message) ->
                    throw ApiException.unavailable(
                            "The model could not be loaded: " + message, Duration.ofSeconds(60));
        };
    }

    private static String percent(long done, long total) {
        return total > 0 ? " (" + 100 * done / total + " %)" : "";
    }
}
