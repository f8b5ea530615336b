package chuan.eval;

import java.util.List;

/// What came out of one question; a line of the file of an [Examination].
///
/// @param promptHash SHA-256 of all that was asked, in hexadecimal digits
/// @param replies the texts that the model wrote; empty where it was only measured
/// @param failure why it could not be asked; "" if it could
public record Result(
        String task,
        String subject,
        int index,
        String promptHash,
        int shots,
        int dropped,
        List<String> key,
        Verdict verdict,
        List<String> replies,
        String failure,
        int promptTokens,
        int writtenTokens,
        double seconds) {
    public Result {
        key = List.copyOf(key);
        replies = List.copyOf(replies);
    }
}
