package chuan.cli;

import chuan.engine.Cancellation;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.completer.StringsCompleter;
import org.jline.terminal.Terminal;

/// The chat on a terminal: line editing that knows how wide CJK characters are, history, completion
/// of the commands. Ctrl-C stops an answer, never the chat; Ctrl-D ends it.
final class ChatTerminal {
    private final Terminal terminal;
    private final ChatShell shell;
    private final LineReader reader;

    /// Of the answer that runs, or of the last one.
    private volatile Cancellation stop = new Cancellation();

    ChatTerminal(Terminal terminal, Conversation conversation) {
        this.terminal = terminal;
        this.shell = new ChatShell(conversation, terminal.writer());
        var names = ChatShell.COMMANDS.keySet().stream().map(ChatTerminal::name).toList();
        this.reader =
                LineReaderBuilder.builder()
                        .terminal(terminal)
                        .appName("chuan")
                        .completer(new StringsCompleter(names))
                        .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
                        .option(LineReader.Option.ERASE_LINE_ON_FINISH, false)
                        .build();
    }

    private static String name(String command) {
        int blank = command.indexOf(' ');
        return blank < 0 ? command : command.substring(0, blank);
    }

    /// Reads and answers until the end.
    void run() {
        var out = terminal.writer();
        // Between reads the terminal sends SIGINT by itself; while a line is read, Ctrl-C is a key.
        terminal.handle(Terminal.Signal.INT, _ -> stop.cancel());
        out.println("/help lists the commands; Ctrl-C stops an answer, Ctrl-D ends.");
        out.flush();
        boolean goOn = true;
        while (goOn) {
            try {
                String line = reader.readLine("> ");
                stop = new Cancellation();
                goOn = shell.line(line, stop);
            } catch (UserInterruptException e) {
                out.println("(Ctrl-D or /exit ends the chat)");
                out.flush();
            } catch (EndOfFileException e) {
                goOn = false;
            }
        }
    }
}
