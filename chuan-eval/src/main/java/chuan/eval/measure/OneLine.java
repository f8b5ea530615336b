package chuan.eval.measure;

import chuan.engine.ChatMessage;
import chuan.eval.Ask;
import chuan.eval.Exercise;
import chuan.eval.Judge;
import chuan.eval.Prompt;
import java.util.List;

/// Questions that are answered by the rest of a line.
///
/// @param task whose they are
/// @param chat whether a question is a message, not a text to be continued
/// @param tokens of an answer, at most
record OneLine(String task, boolean chat, int tokens) {
    Exercise exercise(
            String subject, int index, String text, Judge judge, List<String> key, int shots) {
        Prompt prompt =
                chat ? new Prompt.Chat(List.of(ChatMessage.user(text))) : new Prompt.Text(text);
        return new Exercise(
                task,
                subject,
                index,
                List.of(new Ask.Writing(prompt, List.of("\n"), tokens, 0, 0)),
                judge,
                List.of(),
                key,
                shots,
                0);
    }
}
