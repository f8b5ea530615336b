package chuan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.InputStream;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// The server as a process: what it says, and how it ends.
class ServeCommandTest {
    private static Process start(String... arguments) throws Exception {
        var command = new ArrayList<String>();
        command.add(ProcessHandle.current().info().command().orElseThrow());
        command.addAll(
                List.of(
                        "-XX:+UseSerialGC",
                        "--add-modules",
                        "jdk.incubator.vector",
                        "--enable-native-access=ALL-UNNAMED",
                        "-Dchuan.home=" + CommandLineRun.root(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "chuan.cli.Main",
                        "serve"));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).start();
    }

    private static HttpRequest chat(String address, int tokens) {
        String body =
                "{\"messages\":[{\"role\":\"user\",\"content\":\"讲一个故事\"}],\"stream\":true,"
                        + "\"logit_bias\":{\"2\":-100,\"18\":-100},\"max_tokens\":"
                        + tokens
                        + "}";
        return HttpRequest.newBuilder(URI.create(address + "v1/chat/completions"))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body))
                .build();
    }

    @Test
    void aTerminatedServerFinishesItsStreamsAndEndsWithZero() throws Exception {
        Process server = start("--port", "0", "--alias", "gpt-4", "--grace", "120");
        var client = HttpClient.newHttpClient();
        try (BufferedReader out = server.inputReader(StandardCharsets.UTF_8)) {
            String line = out.readLine();
            assertThat(line)
                    .startsWith("http://127.0.0.1:")
                    .contains(" serves chuan-10m-chat, 1,024 tokens of context")
                    .contains("CPU");
            String address = line.substring(0, line.indexOf(' '));
            var streams = new ArrayList<InputStream>();
            for (int i = 0; i < 16; i++)
                streams.add(client.send(chat(address, 300), BodyHandlers.ofInputStream()).body());
            server.toHandle().destroy(); // SIGTERM, and its output stays readable
            for (InputStream stream : streams)
                assertThat(new String(stream.readAllBytes(), StandardCharsets.UTF_8))
                        .contains("\"finish_reason\":\"length\"")
                        .endsWith("data: [DONE]\n\n");
            assertThat(server.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(server.exitValue()).isZero();
        } finally {
            client.shutdownNow(); // close would wait for streams that nobody reads
            server.destroyForcibly();
        }
    }

    @Test
    void streamsThatDoNotFinishInTimeAreTold() throws Exception {
        Process server = start("--port", "0", "--grace", "0");
        var client = HttpClient.newHttpClient();
        try (BufferedReader out = server.inputReader(StandardCharsets.UTF_8)) {
            String line = out.readLine();
            String address = line.substring(0, line.indexOf(' '));
            var stream = client.send(chat(address, 1000), BodyHandlers.ofInputStream()).body();
            // it runs when its first event is there
            String text = new String(stream.readNBytes(200), StandardCharsets.UTF_8);
            server.toHandle().destroy();
            text += new String(stream.readAllBytes(), StandardCharsets.UTF_8);
            assertThat(text).contains("data: {\"error\":").doesNotContain("[DONE]");
            assertThat(server.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(server.exitValue()).isZero();
            assertThat(new String(server.getErrorStream().readAllBytes(), StandardCharsets.UTF_8))
                    .contains("1 answers may take 0 s more")
                    .contains("cut off at the end of --grace");
        } finally {
            client.shutdownNow(); // close would wait for streams that nobody reads
            server.destroyForcibly();
        }
    }

    @Test
    void aPortThatIsTakenIsOneLine() throws Exception {
        try (var taken = new ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress())) {
            var run = CommandLineRun.of("serve", "--port", "" + taken.getLocalPort());
            assertThat(run.code()).isEqualTo(2);
            assertThat(run.err())
                    .isEqualTo(
                            "chuan: cannot listen at 127.0.0.1, port "
                                    + taken.getLocalPort()
                                    + ": in use, or not an address of this machine\n");
        }
    }

    @Test
    void optionsThatCannotBeMeantAreOneLine() {
        assertThat(CommandLineRun.of("serve", "--port", "70000").err())
                .isEqualTo("chuan: --port 70000: not a port\n");
        assertThat(CommandLineRun.of("serve", "--parallel", "0").err())
                .isEqualTo("chuan: --parallel 0: must be positive\n");
        assertThat(CommandLineRun.of("serve", "--cache-memory", "lots").err())
                .startsWith("chuan: --cache-memory lots: not a size");
    }
}
