package chuan.cli;

import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// `chuan warm-up`: does a little of everything and prints nothing. The launcher runs it once to
/// record what the JVM's ahead-of-time cache shall hold.
@Command(name = "warm-up", hidden = true)
final class WarmUpCommand implements Runnable {
    @Parameters(paramLabel = "FAMILY", description = "plain or compute.")
    String family = "";

    WarmUpCommand(Streams streams) {}

    @Override
    public void run() {
        run("", "--help");
        run("", "--version");
        run("你好\n", "tokenize");
        run("", "inspect");
        run("", "doctor", "--json");
    }

    private static void run(String input, String... args) {
        var in = new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8));
        var nowhere =
                new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
        Main.run(new Streams(in, nowhere, nowhere, false, false), args);
    }
}
