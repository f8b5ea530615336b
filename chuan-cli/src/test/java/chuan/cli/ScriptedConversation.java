package chuan.cli;

import chuan.engine.Cancellation;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// Answers with the text it was asked, character by character; a text that starts with `endless` is
/// answered until it is stopped. Every word is a token.
final class ScriptedConversation implements Conversation {
    final List<Message> messages = new ArrayList<>();
    final Map<String, String> settings = new LinkedHashMap<>(Map.of("temperature", "0.3"));
    private final String model;
    int context = 256;

    ScriptedConversation() {
        this("scripted");
    }

    ScriptedConversation(String model) {
        this.model = model;
    }

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
        String finish = stop.isCancelled() ? "cancelled" : "stop";
        return new Outcome(10, 4, answer.length(), 0.5, 1, finish, "");
    }

    @Override
    public List<Message> messages() {
        return List.copyOf(messages);
    }

    @Override
    public void restore(List<Message> other) {
        var copy = List.copyOf(other);
        messages.clear();
        messages.addAll(copy);
    }

    @Override
    public String model() {
        return model;
    }

    @Override
    public int usedTokens() {
        return messages.stream().mapToInt(m -> pieces(m.content()).size()).sum();
    }

    @Override
    public int contextTokens() {
        return context;
    }

    @Override
    public List<String> pieces(String text) {
        return List.of(text.split(" "));
    }

    @Override
    public Map<String, String> settings() {
        return settings;
    }

    @Override
    public void set(String name, String value) {
        if (!settings.containsKey(name)) throw new IllegalArgumentException("no setting " + name);
        settings.put(name, value);
    }
}
