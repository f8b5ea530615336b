package chuan.server.openai;

import chuan.engine.GenerateResult;

/// Why an answer ended, in the API's words.
final class FinishReasons {
    private FinishReasons() {}

    /// @param called the answer holds a call of a tool
    static String of(GenerateResult result, boolean called) {
        String reason = of(result);
        return called && reason.equals("stop") ? "tool_calls" : reason;
    }

    static String of(GenerateResult result) {
        return switch (result.finishReason()) {
            case STOP -> "stop";
            case LENGTH -> "length";
            // by the server's limit on time; a client that cancels is not there to read it
            case CANCELLED -> "length";
        };
    }
}
