package chuan.cli;

import chuan.cli.Conversation.Message;
import chuan.engine.Cancellation;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What a line does that starts with `/`.
final class ChatCommands {
    /// What each takes, and what it does.
    static final Map<String, String> ALL = all();

    /// Pieces that `/tokens` shows.
    private static final int MOST_PIECES = 400;

    private final ChatShell shell;
    private final ChatStore store;
    private final PrintWriter out;
    private boolean multi;
    private String draft = "";

    ChatCommands(ChatShell shell, ChatStore store, PrintWriter out) {
        this.shell = shell;
        this.store = store;
        this.out = out;
    }

    private static Map<String, String> all() {
        var c = new LinkedHashMap<String, String>();
        c.put("/help", "this list");
        c.put("/model [NAME]", "go on with another model; without NAME: which there are");
        c.put("/system [TEXT]", "what the model is told to be; \"\" for nothing; starts afresh");
        c.put("/set [NAME VALUE]", "sampling: temperature, top_p, seed, max_tokens ...");
        c.put("/retry", "another answer to the last question");
        c.put("/edit", "the last question back on the line, to be changed");
        c.put("/undo", "forget the last question and its answer");
        c.put("/reset", "forget the dialogue and start afresh");
        c.put("/save NAME", "keep the dialogue; a path ends with .json, as the web page reads it");
        c.put("/load NAME", "take up a dialogue that was kept, or a file of the web page");
        c.put("/list", "names of the dialogues that were kept");
        c.put("/tokens [TEXT]", "a text, or the last answer, as the model reads it");
        c.put("/copy", "the last answer to the clipboard");
        c.put("/multi", "several lines a message, until a line with only a dot; again: back");
        c.put("/stats", "speed of the last answer, context in use");
        c.put("/bye", "end (also Ctrl-D)");
        return c;
    }

    /// The names alone.
    static List<String> names() {
        return ALL.keySet().stream().map(usage -> usage.split(" ", 2)[0]).toList();
    }

    boolean multi() {
        return multi;
    }

    /// What is to stand on the next line already; asked for once.
    String takeDraft() {
        String text = draft;
        draft = "";
        return text;
    }

    /// A command that was typed with full-width signs is not sent to the model.
    boolean offersInstead(String text) {
        if (!text.startsWith("／")) return false;
        String name = "/" + text.substring(1).split("[ \u3000]", 2)[0];
        if (!names().contains(name)) return false;
        out.println("did you mean " + name + "? (// instead of ／ sends it as text)");
        return true;
    }

    /// Returns false at the end of the chat.
    boolean run(String line, Cancellation stop) {
        int blank = line.indexOf(' ');
        String name = blank < 0 ? line : line.substring(0, blank);
        String rest = blank < 0 ? "" : line.substring(blank + 1).strip();
        try {
            switch (name) {
                case "/help" -> help();
                case "/model" -> model(rest);
                case "/system" -> system(rest);
                case "/set" -> set(rest);
                case "/retry" -> retry(stop);
                case "/edit" -> edit();
                case "/undo" -> undo();
                case "/reset" -> reset();
                case "/save" -> save(rest);
                case "/load" -> load(rest);
                case "/list" -> list();
                case "/tokens" -> tokens(rest);
                case "/copy" -> copy();
                case "/multi" -> multiLine();
                case "/stats" -> out.println(shell.stats());
                case "/bye", "/exit", "/quit" -> {
                    return false;
                }
                default -> unknown(name);
            }
        } catch (CliException | IllegalArgumentException e) {
            out.println(e.getMessage());
        }
        return true;
    }

    private void help() {
        ALL.forEach((usage, does) -> out.printf("  %-18s %s%n", usage, does));
        out.println("  //TEXT             sends a text that starts with /");
        if (!shell.look().onTerminal()) return;
        out.println();
        out.println("  Alt-Enter, Ctrl-J, \\ at the end, or \"\"\" around it: several lines");
        out.println("  Ctrl-C stops an answer, Ctrl-R searches what was typed, Tab completes");
    }

    private void model(String name) {
        if (name.isEmpty()) {
            out.println(shell.conversation().model());
            shell.models().names().forEach(known -> out.println("  /model " + known));
            return;
        }
        var messages = shell.conversation().messages();
        shell.use(shell.models().open(name), messages);
        out.println("(" + shell.conversation().model() + " goes on)");
    }

    private void system(String text) {
        boolean none = text.isEmpty() || text.equals("\"\"");
        shell.conversation().restore(none ? List.of() : List.of(new Message("system", text)));
        out.println(none ? "(no system text)" : "(system text set)");
    }

    private void set(String rest) {
        String[] words = rest.split("[ =]+", 2);
        if (rest.isEmpty()) {
            shell.conversation()
                    .settings()
                    .forEach((name, value) -> out.printf("  %-18s %s%n", name, value));
        } else if (words.length < 2) {
            throw new CliException("/set needs a name and a value; /set alone lists them");
        } else {
            shell.conversation().set(words[0], words[1].strip());
            out.println("(" + words[0] + " " + words[1].strip() + ")");
        }
    }

    private void retry(Cancellation stop) {
        String question = shell.takeBack();
        if (question.isEmpty()) throw new CliException("no question yet");
        shell.answer(question, stop);
    }

    private void edit() {
        draft = shell.takeBack();
        if (draft.isEmpty()) throw new CliException("no question yet");
        if (!shell.look().onTerminal()) out.println(draft);
    }

    private void undo() {
        if (shell.takeBack().isEmpty()) throw new CliException("nothing to take back");
        out.println("(the last question and its answer are forgotten)");
    }

    private void reset() {
        var messages = new ArrayList<>(shell.conversation().messages());
        messages.removeIf(message -> !message.role().equals("system"));
        shell.conversation().restore(messages);
        out.println("(forgotten)");
    }

    private void save(String name) {
        if (name.isEmpty()) throw new CliException("/save needs a name");
        try {
            store.save(name, shell.conversation());
            out.println("(saved to " + store.file(name).toAbsolutePath() + ")");
        } catch (IOException | InvalidPathException e) {
            out.println("cannot write " + name + ": " + e.getMessage());
        }
    }

    private void load(String name) {
        if (name.isEmpty()) throw new CliException("/load needs a name; /list shows them");
        try {
            var messages = ChatFile.read(store.file(name));
            shell.conversation().restore(messages);
            out.println("(" + messages.size() + " messages; the last one was:)");
            out.println(
                    ChatFile.firstLine(new ControlFilter().accept(messages.getLast().content())));
        } catch (IOException | InvalidPathException e) {
            out.println("cannot read " + name + ": " + e.getMessage());
        }
    }

    private void list() {
        try {
            var names = store.names();
            if (names.isEmpty()) out.println("(none; /save NAME keeps one)");
            names.forEach(name -> out.println("  " + name));
        } catch (IOException e) {
            out.println("cannot read them: " + e.getMessage());
        }
    }

    private void tokens(String text) {
        String read = text.isEmpty() ? lastAnswer() : text;
        var pieces = shell.conversation().pieces(read);
        var shown = pieces.subList(0, Math.min(pieces.size(), MOST_PIECES));
        String more = shown.size() < pieces.size() ? " ..." : "";
        out.println(pieces.size() + ": " + String.join(" | ", shown).replace("\n", "⏎") + more);
    }

    private String lastAnswer() {
        var messages = shell.conversation().messages();
        if (messages.isEmpty() || !messages.getLast().role().equals("assistant"))
            throw new CliException("no answer yet");
        return messages.getLast().content();
    }

    /// By the terminal itself (OSC 52), which may be on another machine.
    private void copy() {
        String answer = lastAnswer();
        if (!shell.look().onTerminal()) throw new CliException("/copy needs a terminal");
        String bytes = Base64.getEncoder().encodeToString(answer.getBytes(StandardCharsets.UTF_8));
        out.print("\u001b]52;c;" + bytes + "\u0007");
        out.println("(copied, if the terminal allows it)");
    }

    private void multiLine() {
        multi = !multi;
        out.println(multi ? "(a line with only a dot sends)" : "(Enter sends)");
    }

    private void unknown(String name) {
        String nearest = Nearest.of(name, names());
        out.println(
                "unknown command "
                        + name
                        + (nearest.isEmpty()
                                ? "; /help lists them"
                                : "; did you mean " + nearest + "?"));
    }
}
