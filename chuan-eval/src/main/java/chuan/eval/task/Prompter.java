package chuan.eval.task;

import chuan.engine.ChatMessage;
import chuan.eval.Prompt;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Fills the templates of a protocol for the questions of one subject.
final class Prompter {
    /// What templates may name besides columns and texts of subjects.
    static final Set<String> NAMES =
            Set.of(
                    "question",
                    "options",
                    "key",
                    "answer",
                    "title",
                    "subject",
                    "handle",
                    "number",
                    "last",
                    "key-text");

    private final Protocol protocol;
    private final TaskFile.Subject subject;
    private final Layout layout;
    private final int choices;

    /// @param choices letters of questions without options of their own
    Prompter(Protocol protocol, TaskFile.Subject subject, int choices) {
        this.protocol = protocol;
        this.subject = subject;
        this.layout = protocol.layout(subject);
        this.choices = choices;
    }

    Layout layout() {
        return layout;
    }

    List<String> letters(Item item) {
        var letters = new ArrayList<String>();
        int count = Math.max(item.options().size(), choices);
        for (int i = 0; i < count; i++) letters.add(Item.letter(i));
        return letters;
    }

    Truncation.Parts parts(List<Item> shots, Item item) {
        var texts = new ArrayList<String>();
        for (int i = 0; i < shots.size(); i++)
            texts.add(
                    fill(layout.item(), shots.get(i), i + 1)
                            + fill(layout.answer(), shots.get(i), i + 1)
                            + fill(layout.between(), shots.get(i), i + 1));
        int number = shots.size() + 1;
        return new Truncation.Parts(
                fill(layout.header(), item, number), texts, fill(layout.question(), item, number));
    }

    /// @param header whether there is one
    /// @param chat whether a text becomes one message of the user
    Prompt prompt(List<Item> shots, Item item, boolean header, boolean chat) {
        if (!protocol.chat()) {
            var parts = parts(shots, item);
            String text = header ? parts.text() : parts.question();
            if (!chat) return new Prompt.Text(text);
            return new Prompt.Chat(List.of(ChatMessage.user(text)));
        }
        var messages = new ArrayList<ChatMessage>();
        String system = fill(layout.system(), item, shots.size() + 1);
        if (!system.isEmpty()) messages.add(ChatMessage.system(system));
        String first = header ? fill(layout.header(), item, shots.size() + 1) : "";
        for (int i = 0; i < shots.size(); i++) {
            messages.add(
                    ChatMessage.user(
                            (i == 0 ? first : "") + fill(layout.item(), shots.get(i), i + 1)));
            messages.add(ChatMessage.assistant(fill(layout.answer(), shots.get(i), i + 1)));
        }
        String question = fill(layout.question(), item, shots.size() + 1);
        messages.add(ChatMessage.user((shots.isEmpty() ? first : "") + question));
        return new Prompt.Chat(messages);
    }

    String prior(Item item) {
        return fill(layout.prior(), item, 1);
    }

    List<String> continuations(Item item) {
        var texts = new ArrayList<String>();
        for (int i = 0; i < item.options().size(); i++)
            texts.add(option(layout.continuation(), item, i));
        return texts;
    }

    /// What lengths are taken of: the continuations without the space in front.
    List<String> scored(Item item) {
        return continuations(item).stream()
                .map(text -> text.startsWith(" ") ? text.substring(1) : text)
                .toList();
    }

    private String fill(Template template, Item item, int number) {
        return template.render(name -> value(name, item, number));
    }

    private String value(String name, Item item, int number) {
        return switch (name) {
            case "question" -> trimmed("question", item.question());
            case "options" -> options(item);
            case "key" -> String.join("", item.key());
            case "key-text" -> keyText(item);
            case "answer" -> item.answer();
            case "title" -> subject.title();
            case "subject" -> subject.name();
            case "handle" -> subject.name().replace('_', ' ');
            case "number" -> String.valueOf(number);
            case "last" -> letters(item).isEmpty() ? "" : letters(item).getLast();
            default -> other(name, item);
        };
    }

    private String other(String name, Item item) {
        if (name.length() == 1) {
            int index = name.charAt(0) - 'A';
            if (index >= item.options().size())
                throw new TaskException(item.place() + ": there is no option " + name);
            return trimmed("options", item.options().get(index));
        }
        String cell = item.more().get(name);
        if (cell != null) return cell;
        String fallback = name.startsWith("title-") ? subject.title() : "";
        return subject.more().getOrDefault(name, fallback);
    }

    /// The text of the first right option.
    private String keyText(Item item) {
        int index = item.key().isEmpty() ? -1 : item.key().getFirst().charAt(0) - 'A';
        if (index < 0 || index >= item.options().size())
            throw new TaskException(item.place() + ": its answer is none of its options");
        return trimmed("options", item.options().get(index));
    }

    private String options(Item item) {
        var texts = new ArrayList<String>();
        for (int i = 0; i < item.options().size(); i++) texts.add(option(layout.option(), item, i));
        return String.join(layout.join(), texts);
    }

    private String option(Template template, Item item, int index) {
        return template.render(name ->
                name.equals("letter")
                        ? Item.letter(index)
                        : trimmed("options", item.options().get(index)));
    }

    private String trimmed(String what, String text) {
        return protocol.trim().contains(what) ? PythonText.strip(text) : text;
    }
}
