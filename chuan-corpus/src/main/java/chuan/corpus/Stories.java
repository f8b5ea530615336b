package chuan.corpus;

import chuan.corpus.Chats.Chat;
import chuan.corpus.Chats.Turn;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// Dialogues from documents that are stories, told whole or not at all: a story that is too long
/// would have to end where its author did not end it. Each is asked for by its title and without.
final class Stories {
    private static final Pattern ENDS = Pattern.compile("[.!?。！？…][\"”’'」』）)]*$");
    private static final Pattern PAGE_MARK = Pattern.compile("#{1,6}\\s*");
    private static final Pattern NOT_TOLD =
            Pattern.compile("(?i)\\bpage\\b|www\\.|illustrat|_{2,}|^\\s*\\d+[.)]|作者|插图");

    private Stories() {}

    /// A title and the text in one paragraph.
    record Story(String title, String text) {}

    /// @param lang decides how lines are joined: with a space in English
    static Optional<Story> parse(String document, String lang) {
        String title = "";
        StringBuilder text = new StringBuilder();
        for (String raw : document.split("\n")) {
            String line = raw.strip();
            if (title.isEmpty() && text.isEmpty() && line.startsWith("# ")) {
                title = line.substring(2).strip();
            } else if (!line.isEmpty() && !PAGE_MARK.matcher(line).matches()) {
                if (line.startsWith("#")) {
                    return Optional.empty(); // parts with headings of their own
                }
                if (!text.isEmpty() && lang.equals("en")) {
                    text.append(' ');
                }
                text.append(line);
            }
        }
        boolean told = ENDS.matcher(text).find() && !NOT_TOLD.matcher(text).find();
        return told && !title.isEmpty()
                ? Optional.of(new Story(title, text.toString()))
                : Optional.empty();
    }

    static List<Chat> read(List<Path> files, String source, String lang, List<String> requests) {
        List<String> byTitle = requests.stream().filter(r -> r.contains("{title}")).toList();
        List<String> any = requests.stream().filter(r -> !r.contains("{title}")).toList();
        List<Chat> chats = new ArrayList<>();
        for (Path file : files) {
            try (var lines = new JsonLines(file)) {
                lines.forEachRemaining(node -> {
                    String id = lines.text(node, "id");
                    String license = JsonLines.optionalText(node, "license");
                    parse(Normalize.text(lines.text(node, "text")), lang)
                            .ifPresent(story -> {
                                for (List<String> ways : List.of(byTitle, any)) {
                                    if (ways.isEmpty()) {
                                        continue;
                                    }
                                    int way =
                                            (int)
                                                    Math.floorMod(
                                                            Hash.stable("ask/" + id), ways.size());
                                    String ask = ways.get(way).replace("{title}", story.title());
                                    chats.add(
                                            new Chat(
                                                    id + "/" + ask,
                                                    lang,
                                                    source,
                                                    license,
                                                    1,
                                                    id,
                                                    List.of(
                                                            new Turn("user", ask),
                                                            new Turn("assistant", story.text()))));
                                }
                            });
                });
            }
        }
        return chats;
    }
}
