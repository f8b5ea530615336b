package chuan.server.openai;

import chuan.engine.GenerateResult;

/// Why an answer ended, in the API's words.
final class FinishReasons {
    private FinishReasons() {}

    static String of(GenerateResult result) {
        return switch (result.finishReason()) {
            case STOP -> "stop";
            case LENGTH -> "length";
            // by the server's limit on time; a client that cancels is not there to read it
            case CANCELLED -> "length";
        };
    }
}
