package chuan.eval;

import java.util.List;

/// A question made ready to be asked.
///
/// @param task name of the task
/// @param subject a part of the task that is averaged by itself; the task's name if it has no parts
/// @param index row in the file of the subject, from 0
/// @param asks at least one; the replies come in the same order
/// @param choices the options as the file has them; empty if it has none
/// @param key right answers in the words of the task; one as a rule
/// @param shots examples that the prompt holds
/// @param dropped examples that had to go because the prompt was too long
public record Exercise(
        String task,
        String subject,
        int index,
        List<Ask> asks,
        Judge judge,
        List<String> choices,
        List<String> key,
        int shots,
        int dropped) {
    public Exercise {
        asks = List.copyOf(asks);
        choices = List.copyOf(choices);
        key = List.copyOf(key);
    }
}
