package chuan.cli;

import java.io.IOException;
import java.util.List;
import org.jline.builtins.Completers.FileNameCompleter;
import org.jline.reader.Candidate;
import org.jline.reader.Completer;
import org.jline.reader.LineReader;
import org.jline.reader.ParsedLine;

/// What Tab offers: commands, and what they take.
final class ChatCompleter implements Completer {
    private final ChatShell shell;
    private final ChatStore store;
    private final FileNameCompleter files = new FileNameCompleter();

    ChatCompleter(ChatShell shell, ChatStore store) {
        this.shell = shell;
        this.store = store;
    }

    @Override
    public void complete(LineReader reader, ParsedLine line, List<Candidate> candidates) {
        if (!line.line().startsWith("/")) return;
        if (line.wordIndex() == 0) {
            offer(ChatCommands.names(), candidates);
            return;
        }
        switch (line.words().getFirst()) {
            case "/model" -> offer(shell.models().names(), candidates);
            case "/set" -> offer(List.copyOf(shell.conversation().settings().keySet()), candidates);
            case "/load", "/save" -> {
                offer(names(), candidates);
                if (line.word().contains("/")) files.complete(reader, line, candidates);
            }
            default -> {}
        }
    }

    private List<String> names() {
        try {
            return store.names();
        } catch (IOException _) {
            return List.of(); // nothing to offer; the command itself says why
        }
    }

    private static void offer(List<String> names, List<Candidate> candidates) {
        for (String name : names) candidates.add(new Candidate(name));
    }
}
