package chuan.cli;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.jline.terminal.TerminalBuilder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// `chuan warm-up`: does a little of everything and prints nothing. The launcher runs it once to
/// record what the JVM's ahead-of-time cache shall hold.
@Command(name = "warm-up", hidden = true)
final class WarmUpCommand implements Runnable {
    private static final Streams NOWHERE =
            new Streams(
                    InputStream.nullInputStream(),
                    new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8),
                    new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8),
                    false,
                    false,
                    false);

    @Parameters(paramLabel = "FAMILY", description = "plain or compute.")
    String family = "";

    WarmUpCommand(Streams streams) {}

    @Override
    public void run() {
        run("", "--help");
        run("", "--version");
        run("", "doctor", "--json");
        if (Models.shippedName().isEmpty()) return;
        run("你好\n", "tokenize");
        run("", "inspect");
        if (family.equals("compute")) {
            run("", "generate", "--prompt", "你好", "--max-tokens", "8", "--json");
            terminal();
        }
    }

    /// A chat on a terminal that asks one question and leaves: what the prompt needs to appear.
    private static void terminal() {
        var keys = new ByteArrayInputStream("你好\r/exit\r".getBytes(StandardCharsets.UTF_8));
        var sampling = new SamplingMixin();
        sampling.maxTokens = 8;
        try (var models = new OpenModels(new CommonOptions(), sampling, NOWHERE);
                var terminal =
                        TerminalBuilder.builder()
                                .system(false)
                                .streams(keys, OutputStream.nullOutputStream())
                                .encoding(StandardCharsets.UTF_8)
                                .build()) {
            var store = ChatStore.ofUser();
            var out = terminal.writer();
            var look = new Look(() -> 80, true, false);
            var conversation = models.begin(new ModelOption());
            var shell = new ChatShell(conversation, models, store, out, out, look);
            new ChatTerminal(terminal, shell, store, null).run();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void run(String input, String... args) {
        var in = new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8));
        Main.run(new Streams(in, NOWHERE.out(), NOWHERE.err(), false, false, false), args);
    }
}
