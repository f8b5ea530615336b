package chuan.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import chuan.eval.Examination;
import chuan.eval.Result;
import chuan.eval.report.ExaminationFile;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A model examined in this process and the same model examined through its server give the same
/// answers.
class EvalEndpointTest {
    private static final Path TASK =
            CommandLineRun.root()
                    .resolve("chuan-eval/src/test/resources/chuan/eval/endpoint/invented.yaml");

    private static final String MODEL = "models/chuan-10m-chat";

    private static final String DATA =
            CommandLineRun.root()
                    .resolve("chuan-eval/src/test/resources/chuan/eval/endpoint")
                    .toString();

    private static Process server;
    private static String address;

    @TempDir Path folder;

    @BeforeAll
    static void serve() throws IOException {
        var command =
                List.of(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-XX:+UseSerialGC",
                        "--add-modules",
                        "jdk.incubator.vector",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "chuan.cli.Main",
                        "serve",
                        "--model",
                        CommandLineRun.root().resolve(MODEL).toString(),
                        "--port",
                        "0",
                        "--activations",
                        "f32");
        server = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        BufferedReader out = server.inputReader(StandardCharsets.UTF_8);
        String line = out.readLine();
        assertThat(line).startsWith("http://127.0.0.1:");
        address = line.substring(0, line.indexOf(' '));
        // the requests that it logs are more than a pipe holds
        Thread.ofVirtual().start(() -> out.lines().forEach(_ -> {}));
    }

    @AfterAll
    static void stop() throws InterruptedException {
        server.toHandle().destroy();
        assertThat(server.waitFor(60, TimeUnit.SECONDS)).isTrue();
    }

    private Examination eval(String name, String... more) throws IOException {
        Path out = folder.resolve(name);
        var arguments = new ArrayList<String>();
        arguments.addAll(List.of("eval", "--tasks", TASK.toString(), "--limit", "25"));
        arguments.addAll(List.of("--data", DATA, "--out", out.toString()));
        arguments.addAll(List.of(more));
        var run = CommandLineRun.of(arguments.toArray(String[]::new));
        assertThat(run.err()).doesNotContain("Exception");
        assertThat(run.code()).as(run.err()).isZero();
        return ExaminationFile.read(out);
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "word-start"})
    void theServerOfAModelAnswersAsTheModel(String letters) throws IOException {
        for (boolean chat : new boolean[] {false, true}) {
            var settings = new ArrayList<>(List.of("--letters", letters));
            if (chat) settings.add("--chat");
            var here = new ArrayList<>(settings);
            here.addAll(List.of("--model", CommandLineRun.root().resolve(MODEL).toString()));
            var local = eval("local-" + chat + ".json", here.toArray(String[]::new));
            settings.addAll(List.of("--endpoint", address, "--concurrency", "4"));
            var remote = eval("remote-" + chat + ".json", settings.toArray(String[]::new));
            compare(local.papers().getFirst().results(), remote.papers().getFirst().results());
            assertThat(remote.facts().get(chat ? "letters in conversations" : "letters in texts"))
                    .asString()
                    .contains("logprob_token_ids");
        }
    }

    private static void compare(List<Result> local, List<Result> remote) {
        assertThat(remote).hasSameSizeAs(local).hasSize(50);
        for (int i = 0; i < local.size(); i++) {
            var here = local.get(i).verdict();
            var there = remote.get(i).verdict();
            assertThat(there.choice()).isEqualTo(here.choice());
            assertThat(remote.get(i).promptHash()).isEqualTo(local.get(i).promptHash());
            assertThat(remote.get(i).promptTokens()).isEqualTo(local.get(i).promptTokens());
            double constant = here.scores().getFirst() - there.scores().getFirst();
            for (int letter = 0; letter < 4; letter++) // logits, and logarithms of probabilities
            assertThat(here.scores().get(letter) - there.scores().get(letter))
                        .isEqualTo(constant, within(1e-4));
        }
        assertThat(local.stream().map(r -> r.verdict().scores()).distinct().count())
                .as("different scores")
                .isGreaterThan(1);
    }

    @Test
    void whatIsWrongWithAnEndpointIsSaidInOneLine() {
        assertOneLine(
                CommandLineRun.of("eval", "--tasks", TASK.toString(), "--concurrency", "2"),
                "need --endpoint");
        assertOneLine(
                CommandLineRun.of(
                        "eval",
                        "--tasks",
                        TASK.toString(),
                        "--data",
                        DATA,
                        "--endpoint",
                        address,
                        "--endpoint-model",
                        "nobody"),
                "nobody");
        assertOneLine(
                CommandLineRun.of(
                        "eval",
                        "--tasks",
                        TASK.toString(),
                        "--endpoint",
                        address,
                        "--api-key-env",
                        "CHUAN_NO_SUCH_VARIABLE"),
                "--api-key-env");
    }

    private static void assertOneLine(CommandLineRun run, String part) {
        assertThat(run.code()).isNotZero();
        assertThat(run.err().strip())
                .contains(part)
                .doesNotContain("\n")
                .doesNotContain("Exception");
    }
}
