package chuan.cli;

import chuan.engine.Cancellation;
import chuan.engine.ChatSession;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
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
            "Talks with a model. With PROMPT: one answer. Else a conversation: on a terminal with line"
                    + " editing (/help lists its commands), from a pipe with a message per line."
        },
        mixinStandardHelpOptions = true)
final class ChatCommand implements Callable<Integer> {
    private final Streams streams;

    @Mixin ModelOption model = new ModelOption();
    @Mixin SamplingMixin sampling = new SamplingMixin();
    @Mixin CommonOptions common = new CommonOptions();

    @Option(names = "--system", paramLabel = "TEXT", description = "What the model is told to be.")
    @Nullable String system;

    @Parameters(paramLabel = "PROMPT", description = "The question.")
    List<String> prompt = new ArrayList<>();

    ChatCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws IOException {
        try (var loaded = LoadedModel.open(model, common, KernelChoice.AUTO, streams)) {
            var engine = loaded.engine(model, common, sampling);
            if (!engine.settings().chatTuned())
                streams.err()
                        .println("chuan: this model was not trained to answer; it will continue");
            try (ChatSession session = engine.chat()) {
                if (system != null) session.setSystem(system);
                if (prompt.isEmpty() && streams.terminal()) loaded.awaitWeights();
                talk(new EngineConversation(session, engine.context()));
            }
        }
        return 0;
    }

    private void talk(Conversation conversation) throws IOException {
        if (!prompt.isEmpty()) {
            var shell = new ChatShell(conversation, streams.outWriter());
            shell.answer(String.join(" ", prompt), new Cancellation());
            if (common.verbose) streams.err().println("chuan: " + shell.stats());
        } else if (streams.terminal()) {
            try (var terminal =
                    TerminalBuilder.builder()
                            .encoding(StandardCharsets.UTF_8)
                            .graphemeCluster(false)
                            .build()) {
                new ChatTerminal(terminal, conversation).run();
            }
        } else {
            var shell = new ChatShell(conversation, streams.outWriter());
            try (var lines = new Lines(streams.in())) {
                String line = lines.next();
                while (line != null && shell.line(line, new Cancellation())) line = lines.next();
            }
        }
    }
}
