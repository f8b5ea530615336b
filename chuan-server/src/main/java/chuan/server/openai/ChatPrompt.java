package chuan.server.openai;

import chuan.engine.ChatMessage;
import chuan.engine.ChatTemplate;
import chuan.engine.Engine;
import java.util.ArrayList;
import java.util.List;

/// A conversation as the ids that an answer is generated from.
///
/// @param ids of the prompt, with the beginning of an answer that is to be continued
/// @param beginning ids of the answer so far, the last of `ids`
/// @param droppedMessages left out to make room
/// @param truncated the beginning of the newest question had to be cut off
record ChatPrompt(int[] ids, int[] beginning, int droppedMessages, boolean truncated) {

    /// The answer goes on with a text: a space before its first new word stays.
    boolean continuesText() {
        return beginning.length > 0;
    }

    /// Prompts are never cut to this: it stands for no limit.
    private static final int UNLIMITED = Integer.MAX_VALUE / 4;

    /// @param beginning of the answer, to be continued: a text, and ids behind it
    /// @param room tokens that prompt and answer share if old rounds may be left out to make it
    ///   fit; 0 = nothing is left out
    /// @param maxTokens of the answer
    static ChatPrompt of(
            Engine engine,
            List<ChatMessage> messages,
            String beginning,
            int[] beginningIds,
            int room,
            int maxTokens) {
        ChatTemplate template = engine.settings().chatTemplate();
        var rendered =
                template.render(
                        messages,
                        engine.tokenizer()::encode,
                        room > 0 ? room : UNLIMITED,
                        room > 0 ? maxTokens : 1);
        int[] text = beginning.isEmpty() ? new int[0] : engine.tokenizer().encode(beginning);
        int[] begun = join(text, beginningIds);
        return new ChatPrompt(
                join(rendered.ids(), begun),
                begun,
                rendered.droppedMessages(),
                rendered.truncated());
    }

    private static int[] join(int[]... parts) {
        int length = 0;
        for (int[] part : parts) length = Math.addExact(length, part.length);
        int[] joined = new int[length];
        int at = 0;
        for (int[] part : parts) {
            System.arraycopy(part, 0, joined, at, part.length);
            at += part.length;
        }
        return joined;
    }

    /// Brings messages into the order that the template knows: one system text in front. Several at
    /// the beginning are joined; a later one becomes the beginning of the next question.
    static List<ChatMessage> ordered(List<ChatMessage> messages) {
        var ordered = new ArrayList<ChatMessage>();
        var system = new StringBuilder();
        var instruction = new StringBuilder();
        boolean begun = false;
        for (var message : messages) {
            switch (message.role()) {
                case SYSTEM -> append(begun ? instruction : system, message.content());
                case USER -> {
                    begun = true;
                    append(instruction, message.content());
                    ordered.add(ChatMessage.user(instruction.toString()));
                    instruction.setLength(0);
                }
                case TOOL -> {
                    begun = true;
                    ordered.add(message);
                }
                case ASSISTANT -> {
                    begun = true;
                    if (!instruction.isEmpty())
                        ordered.add(ChatMessage.user(instruction.toString()));
                    instruction.setLength(0);
                    ordered.add(message);
                }
            }
        }
        if (!instruction.isEmpty()) ordered.add(ChatMessage.user(instruction.toString()));
        if (!system.isEmpty()) ordered.addFirst(ChatMessage.system(system.toString()));
        return ordered;
    }

    private static void append(StringBuilder text, String more) {
        if (!text.isEmpty()) text.append('\n');
        text.append(more);
    }
}
