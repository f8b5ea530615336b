package chuan.cli;

import chuan.cli.Conversation.Message;
import chuan.engine.Cancellation;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jline.terminal.TerminalBuilder;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `chuan chat`: on a terminal, for one question, or a question per line of stdin.
@Command(
        name = "chat",
        description = {
            "Talks with a model. With PROMPT: one answer; text on stdin is put behind it. Else a"
                    + " conversation: on a terminal with line editing (/help lists its commands), from a"
                    + " pipe with a message per line."
        },
        mixinStandardHelpOptions = true)
final class ChatCommand implements Callable<Integer> {
    private static final int INTERRUPTED = 130;

    /// Of stdin, behind a prompt. More than any context.
    private static final int MOST_BYTES = 16 << 20;

    private final Streams streams;

    @Mixin ModelOption model = new ModelOption();
    @Mixin SamplingMixin sampling = new SamplingMixin();
    @Mixin CommonOptions common = new CommonOptions();

    @Option(names = "--system", paramLabel = "TEXT", description = "What the model is told to be.")
    @Nullable String system;

    @Option(
            names = "--color",
            paramLabel = "WHEN",
            description =
                    "${COMPLETION-CANDIDATES}; auto: on a terminal, unless the variable NO_COLOR is"
                            + " set.")
    Look.Colour colour = Look.Colour.AUTO;

    @Option(names = "--json", description = "Each answer as one JSON object on a line.")
    boolean json;

    @Option(names = "--no-history", description = "Do not keep what is typed for the next time.")
    boolean noHistory;

    @Parameters(paramLabel = "PROMPT", description = "The question.")
    List<String> prompt = new ArrayList<>();

    ChatCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws IOException {
        try (var models = new OpenModels(common, sampling, streams)) {
            var conversation = models.begin(model);
            if (system != null && !system.isEmpty())
                conversation.restore(List.of(new Message("system", system)));
            if (!prompt.isEmpty()) return once(conversation, models);
            if (!streams.terminal()) return lines(conversation, models, "");
            models.awaitWeights();
            // an editor's window, or a build's console: no cursor that could be moved
            if ("dumb".equals(System.getenv("TERM"))) return lines(conversation, models, "> ");
            return onTerminal(conversation, models);
        }
    }

    private ChatShell piped(Conversation conversation, ChatModels models) {
        return new ChatShell(
                conversation,
                models,
                ChatStore.ofUser(),
                streams.outWriter(),
                streams.errWriter(),
                Look.pipe(json));
    }

    private int once(Conversation conversation, ChatModels models) throws IOException {
        String text = String.join(" ", prompt);
        if (!streams.inTerminal()) {
            byte[] bytes = streams.in().readNBytes(MOST_BYTES + 1);
            if (bytes.length > MOST_BYTES) throw new CliException("stdin: more than 16 MB");
            String behind = new String(bytes, StandardCharsets.UTF_8).strip();
            if (!behind.isEmpty()) text = text + "\n\n" + behind;
        }
        var shell =
                streams.outTerminal() && !json
                        ? answering(conversation, models)
                        : piped(conversation, models);
        shell.answer(text, new Cancellation());
        if (common.verbose) streams.err().println("chuan: " + shell.stats());
        return 0;
    }

    /// For one answer that a person sees; how fast it was is for `--verbose`.
    private ChatShell answering(Conversation conversation, ChatModels models) {
        int columns = Integer.getInteger("chuan.columns", 0); // the launcher asks the terminal
        int usual = 80;
        return new ChatShell(
                conversation,
                models,
                ChatStore.ofUser(),
                streams.outWriter(),
                new PrintWriter(PrintWriter.nullWriter()),
                new Look(() -> columns > 0 ? columns : usual, colour.shown(true), false));
    }

    private int lines(Conversation conversation, ChatModels models, String sign)
            throws IOException {
        var shell = piped(conversation, models);
        try (var lines = new Lines(streams.in())) {
            while (true) {
                streams.out().print(sign);
                streams.out().flush();
                String typed = lines.next();
                if (typed == null) return 0;
                var input = new ChatInput(shell.commands().multi());
                while (input.goesOn(typed)) {
                    String more = lines.next();
                    if (more == null) break;
                    typed = typed + "\n" + more;
                }
                if (!shell.line(input.message(typed), new Cancellation())) return 0;
            }
        }
    }

    private int onTerminal(Conversation conversation, ChatModels models) throws IOException {
        try (var terminal =
                TerminalBuilder.builder()
                        .encoding(StandardCharsets.UTF_8)
                        .graphemeCluster(false)
                        .build()) {
            var store = ChatStore.ofUser();
            var shell =
                    new ChatShell(
                            conversation,
                            models,
                            store,
                            terminal.writer(),
                            terminal.writer(),
                            new Look(
                                    () -> terminal.getWidth() > 0 ? terminal.getWidth() : 80,
                                    colour.shown(true),
                                    json));
            Path history = noHistory ? null : store.history();
            return new ChatTerminal(terminal, shell, store, history).run() ? INTERRUPTED : 0;
        }
    }
}
