package chuan.cli;

import chuan.engine.Cancellation;
import java.nio.file.Path;
import java.util.Objects;
import org.jline.keymap.KeyMap;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.Reference;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Attributes;
import org.jline.terminal.Terminal;
import org.jspecify.annotations.Nullable;

/// The chat on a terminal: line editing that knows how wide CJK characters are, messages of several
/// lines, pasted text that is never sent by itself, history, completion. Ctrl-C stops an answer, or
/// drops a line; Ctrl-D ends the chat.
final class ChatTerminal {
    private static final String NEW_LINE = "chuan-new-line";

    private final Terminal terminal;
    private final ChatShell shell;
    private final LineReader reader;

    /// Of the answer that runs, or of the last one.
    private volatile Cancellation stop = new Cancellation();

    /// @param history where lines are kept, null for nowhere
    ChatTerminal(Terminal terminal, ChatShell shell, ChatStore store, @Nullable Path history) {
        this.terminal = terminal;
        this.shell = shell;
        var builder =
                LineReaderBuilder.builder()
                        .terminal(terminal)
                        .appName("chuan")
                        .parser(new ChatParser(shell.commands()::multi))
                        .completer(new ChatCompleter(shell, store))
                        .variable(LineReader.SECONDARY_PROMPT_PATTERN, "")
                        .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
                        .option(LineReader.Option.BRACKETED_PASTE, true)
                        .option(LineReader.Option.HISTORY_IGNORE_SPACE, true)
                        .option(LineReader.Option.HISTORY_TIMESTAMPED, false)
                        .option(LineReader.Option.ERASE_LINE_ON_FINISH, false);
        if (history != null) builder.variable(LineReader.HISTORY_FILE, history);
        reader = builder.build();
        bindKeys();
    }

    private void bindKeys() {
        reader.getWidgets()
                .put(
                        NEW_LINE,
                        () -> {
                            reader.getBuffer().write('\n');
                            return true;
                        });
        Objects.requireNonNull(reader.getKeyMaps().get(LineReader.MAIN))
                .bind(
                        new Reference(NEW_LINE),
                        KeyMap.ctrl('J'),
                        KeyMap.alt('\r'),
                        KeyMap.alt('\n'));
    }

    /// Reads and answers until the end.
    ///
    /// @return whether Ctrl-C ended it
    boolean run() {
        // Between reads the terminal sends SIGINT by itself; while a line is read, Ctrl-C is a key.
        terminal.handle(Terminal.Signal.INT, _ -> stop.cancel());
        var before = keepKeys();
        try {
            return converse();
        } finally {
            terminal.setAttributes(before);
        }
    }

    /// What is typed while an answer comes does not show up in it, and waits as it was typed for
    /// the next line.
    private Attributes keepKeys() {
        var before = terminal.getAttributes();
        var quiet = new Attributes(before);
        quiet.setLocalFlag(Attributes.LocalFlag.ECHO, false);
        quiet.setLocalFlag(Attributes.LocalFlag.ICANON, false);
        quiet.setInputFlag(Attributes.InputFlag.ICRNL, false);
        terminal.setAttributes(quiet);
        return before;
    }

    private boolean converse() {
        say("/help lists the commands; Ctrl-C stops an answer, Ctrl-D ends.");
        boolean goOn = true;
        boolean interrupted = false;
        while (goOn) {
            try {
                String typed =
                        reader.readLine("> ", null, (Character) null, shell.commands().takeDraft());
                interrupted = false;
                stop = new Cancellation();
                goOn = shell.line(new ChatInput(shell.commands().multi()).message(typed), stop);
            } catch (UserInterruptException e) {
                if (interrupted) return true;
                interrupted = e.getPartialLine().isEmpty();
                if (interrupted) say("(Ctrl-C again, Ctrl-D or /bye ends the chat)");
            } catch (EndOfFileException e) {
                goOn = false;
            }
        }
        return false;
    }

    private void say(String line) {
        terminal.writer().println(shell.look().dim(line));
        terminal.writer().flush();
    }
}
