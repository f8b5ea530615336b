package chuan.cli;

import chuan.engine.Cancellation;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a line typed into the chat does: a command if it starts with `/`, else a message to answer.
final class ChatShell {
    static final Map<String, String> COMMANDS = commands();

    private final Conversation conversation;
    private final PrintWriter out;
    private Conversation.@Nullable Outcome last;

    ChatShell(Conversation conversation, PrintWriter out) {
        this.conversation = conversation;
        this.out = out;
    }

    private static Map<String, String> commands() {
        var c = new LinkedHashMap<String, String>();
        c.put("/help", "this list");
        c.put("/reset", "forget the dialogue and start afresh");
        c.put("/system TEXT", "set what the model is told to be, and start afresh; empty: nothing");
        c.put("/save FILE", "write the dialogue to a file (JSON)");
        c.put("/stats", "speed of the last answer, context in use");
        c.put("/exit", "end (also Ctrl-D); Ctrl-C stops an answer");
        return c;
    }

    /// Does what `line` says. Returns false at the end of the chat.
    boolean line(String line, Cancellation stop) {
        String text = line.strip();
        if (text.isEmpty()) return true;
        if (!text.startsWith("/")) {
            answer(text, stop);
            return true;
        }
        int blank = text.indexOf(' ');
        String command = blank < 0 ? text : text.substring(0, blank);
        String rest = blank < 0 ? "" : text.substring(blank + 1).strip();
        switch (command) {
            case "/help" -> COMMANDS.forEach((k, v) -> out.printf("  %-14s %s%n", k, v));
            case "/reset" -> {
                conversation.reset();
                out.println("(forgotten)");
            }
            case "/system" -> {
                conversation.system(rest);
                out.println(rest.isEmpty() ? "(no system text)" : "(system text set)");
            }
            case "/save" -> save(rest);
            case "/stats" -> out.println(stats());
            case "/exit", "/quit" -> {
                return false;
            }
            default -> out.println("unknown command " + command + "; /help lists them");
        }
        out.flush();
        return true;
    }

    /// Answers `text`, streaming; a stopped or cut answer is marked as such.
    void answer(String text, Cancellation stop) {
        var outcome =
                conversation.ask(
                        text,
                        piece -> {
                            out.print(piece);
                            out.flush();
                        },
                        stop);
        last = outcome;
        if (!outcome.ended()) out.print(stop.isCancelled() ? " (stopped)" : " (cut: token limit)");
        out.println();
        if (!outcome.note().isEmpty()) out.println("(" + outcome.note() + ")");
        out.flush();
    }

    private void save(String file) {
        if (file.isEmpty()) {
            out.println("/save needs the name of a file");
            return;
        }
        try {
            var path = Path.of(file);
            Json.write(path, Map.of("messages", conversation.messages()));
            out.println("(saved to " + path.toAbsolutePath() + ")");
        } catch (IOException | java.nio.file.InvalidPathException e) {
            out.println("cannot write " + file + ": " + e.getMessage());
        }
    }

    String stats() {
        var o = last;
        if (o == null) return "no answer yet; " + conversation.memory();
        int fresh = o.promptTokens() - o.keptTokens();
        return String.format(
                Locale.ROOT,
                "prompt %d tokens (%d new, %.0f/s), answer %d tokens (%.1f/s); %s",
                o.promptTokens(),
                fresh,
                fresh / Math.max(o.promptSeconds(), 1e-6),
                o.tokens(),
                o.tokens() / Math.max(o.answerSeconds(), 1e-6),
                conversation.memory());
    }
}
