package chuan.cli;

import chuan.engine.Cancellation;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// Answers with the text it was asked, character by character; a text that starts with `endless` is
/// answered until it is stopped.
final class ScriptedConversation implements Conversation {
    final List<Message> messages = new ArrayList<>();
    private String system = "";

    @Override
    public Outcome ask(String text, Consumer<String> pieces, Cancellation stop) {
        var answer = new StringBuilder();
        boolean endless = text.startsWith("endless");
        do {
            for (int c : text.codePoints().toArray()) {
                if (stop.isCancelled()) break;
                String piece = Character.toString(c);
                answer.append(piece);
                pieces.accept(piece);
            }
        } while (endless && !stop.isCancelled());
        messages.add(new Message("user", text));
        messages.add(new Message("assistant", answer.toString()));
        return new Outcome(10, 4, answer.length(), 0.5, 1, !stop.isCancelled(), "");
    }

    @Override
    public void reset() {
        messages.clear();
    }

    @Override
    public void system(String text) {
        reset();
        system = text;
    }

    @Override
    public List<Message> messages() {
        var all = new ArrayList<Message>();
        if (!system.isEmpty()) all.add(new Message("system", system));
        all.addAll(messages);
        return all;
    }

    @Override
    public String memory() {
        return "7 of 256 tokens in use";
    }
}
