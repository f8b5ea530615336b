package chuan.server;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.engine.SchedulerOptions;
import chuan.server.ServerOptions.KeepAliveStyle;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Loading, full, left by clients, ending.
class LifecycleTest {
    private static final SchedulerOptions ONE_AT_A_TIME =
            SchedulerOptions.defaults().withMaxRunning(1);

    /// An answer that does not end by itself: nearly as long as the context.
    private static final String LONG =
            "{'messages':[{'role':'user','content':'讲一个故事'}],'max_tokens':1000,"
                    + "'logit_bias':{'2':-100,'18':-100}";

    /// One that takes a while.
    private static final String MEDIUM = LONG.replace("1000", "150");

    private static final String SHORT =
            "{'messages':[{'role':'user','content':'你好'}],'max_tokens':2}";

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - end).as("waited too long").isNegative();
            Thread.sleep(2);
        }
    }

    /// A connection of which every byte is under control.
    private static Socket connect(TestServer server) throws Exception {
        return new Socket("127.0.0.1", server.server().port());
    }

    private static void send(Socket socket, String body) throws Exception {
        byte[] json = body.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
        String head =
                "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                        + "Content-Type: application/json\r\nContent-Length: "
                        + json.length
                        + "\r\n\r\n";
        var out = socket.getOutputStream();
        out.write(head.getBytes(StandardCharsets.US_ASCII));
        out.write(json);
        out.flush();
    }

    private static String readUntil(InputStream in, String end) throws Exception {
        var text = new StringBuilder();
        while (text.indexOf(end) < 0) {
            int b = in.read();
            if (b < 0) throw new AssertionError("ended early: " + text);
            text.append((char) b);
        }
        return text.toString();
    }

    @Test
    void aServerThatLoadsSaysSo() throws Exception {
        try (var server = new TestServer()) {
            var ready = server.server().state().phase();
            server.server().loading(50, 200);
            var answer = server.post("v1/chat/completions", SHORT);
            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.header("retry-after")).isEqualTo("2");
            assertThat(answer.text()).contains("being loaded (25 %)");
            assertThat(server.get("v1/models").status()).isEqualTo(503);
            assertThat(server.get("").status()).as("the page is there").isEqualTo(200);
            server.server().failed("no memory");
            assertThat(server.post("v1/chat/completions", SHORT).text()).contains("no memory");
            if (ready instanceof ServerState.Phase.Ready(ServedModel model))
                server.server().serve(model);
            assertThat(server.post("v1/chat/completions", SHORT).status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aClientThatLeavesEndsItsAnswer(boolean stream) throws Exception {
        try (var server = new TestServer();
                var socket = connect(server)) {
            send(socket, LONG + ",'stream':" + stream + "}");
            if (stream) readUntil(socket.getInputStream(), "content");
            else await(() -> server.scheduler().statistics().accepted() == 1);
            socket.close();
            await(() -> server.scheduler().statistics().cancelled() == 1);
            await(() -> server.scheduler().statistics().running() == 0);
            assertThat(server.scheduler().statistics().finished()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aClientThatLeavesTheQueueIsNotServed(boolean stream) throws Exception {
        try (var server = new TestServer(ServerOptions.defaults(), ONE_AT_A_TIME);
                var first = connect(server);
                var second = connect(server)) {
            send(first, LONG + "}");
            await(() -> server.scheduler().statistics().running() == 1);
            send(second, LONG + ",'stream':" + stream + "}");
            await(() -> server.scheduler().statistics().queued() == 1);
            second.close();
            await(() -> server.scheduler().statistics().cancelled() == 1);
            await(() -> server.scheduler().statistics().queued() == 0);
            String head = readUntil(first.getInputStream(), "\r\n\r\n");
            assertThat(head).startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void requestsOfOneConnectionAreAnsweredInOrder() throws Exception {
        try (var server = new TestServer();
                var socket = connect(server)) {
            for (int tokens = 1; tokens <= 3; tokens++)
                send(socket, SHORT.replace("'max_tokens':2", "'max_tokens':" + tokens));
            for (int tokens = 1; tokens <= 3; tokens++) {
                String answer = readUntil(socket.getInputStream(), "draft_n_accepted");
                assertThat(answer).contains("\"completion_tokens\":" + tokens);
            }
            // and after a pause, in which nothing came
            readUntil(socket.getInputStream(), "}}");
            send(socket, SHORT);
            assertThat(readUntil(socket.getInputStream(), "\r\n\r\n")).contains("200 OK");
        }
    }

    @Test
    void aStreamThatWaitsShowsThatItLives() throws Exception {
        for (var style : KeepAliveStyle.values()) {
            var options = ServerOptions.defaults().withKeepAlive(Duration.ofMillis(5), style);
            try (var server = new TestServer(options, ONE_AT_A_TIME);
                    var first = connect(server);
                    var second = connect(server)) {
                send(first, LONG + "}");
                await(() -> server.scheduler().statistics().running() == 1);
                send(second, SHORT.replace("'max_tokens'", "'stream':true,'max_tokens'"));
                String sign =
                        switch (style) {
                            case COMMENT -> "keep-alive\n";
                            case CHUNK -> "\"delta\":{}";
                            case OFF -> "\r\n\r\n";
                        };
                String text = readUntil(second.getInputStream(), sign);
                first.close(); // and so it is the second's turn
                text += readUntil(second.getInputStream(), "[DONE]");
                String before = text.substring(0, text.indexOf("\"role\""));
                switch (style) {
                    case COMMENT -> {
                        assertThat(before).contains(": keep-alive\n");
                        assertThat(before).doesNotContain(": keep-alive\n\n");
                    }
                    case CHUNK -> assertThat(before).contains("\"delta\":{}");
                    case OFF -> assertThat(before).doesNotContain("keep-alive\n");
                }
                assertThat(text).doesNotContain("\nid:").doesNotContain("\nevent:");
            }
        }
    }

    @Test
    void whatIsTooMuchIsRefusedAndNothingIsLost() throws Exception {
        var scheduling = SchedulerOptions.defaults().withMaxRunning(4).withMaxQueued(8);
        try (var server = new TestServer(ServerOptions.defaults(), scheduling);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var tasks = new ArrayList<Callable<TestServer.Answer>>();
            for (int i = 0; i < 200; i++)
                tasks.add(() -> server.post("v1/chat/completions", SHORT.replace("2}", "20}")));
            int answered = 0;
            for (Future<TestServer.Answer> future : threads.invokeAll(tasks)) {
                var answer = future.get();
                assertThat(answer.status()).isIn(200, 429);
                if (answer.status() == 200) {
                    answered++;
                    assertThat(answer.json().get("choices").size()).isEqualTo(1);
                } else {
                    assertThat(Integer.parseInt(answer.header("retry-after"))).isBetween(1, 60);
                    assertThat(answer.json().get("error").get("code").asString())
                            .isEqualTo("rate_limit_exceeded");
                }
            }
            var statistics = server.scheduler().statistics();
            assertThat(statistics.accepted()).isEqualTo(answered);
            assertThat(statistics.finished()).isEqualTo(answered);
            assertThat(statistics.refused()).isEqualTo(200 - answered);
            assertThat(answered).isGreaterThanOrEqualTo(12);
        }
    }

    @Test
    void runningAnswersFinishWhenTheServerEnds() throws Exception {
        try (var server = new TestServer()) {
            var streams = streams(server, 8, MEDIUM);
            assertThat(server.server().drain(Duration.ofSeconds(60))).isTrue();
            for (String text : texts(streams)) assertThat(text).endsWith("data: [DONE]\n\n");
            assertThat(server.post("v1/chat/completions", SHORT).status()).isEqualTo(503);
        }
    }

    @Test
    void answersThatAreCutOffAreTold() throws Exception {
        try (var server = new TestServer()) {
            var streams = streams(server, 8, LONG);
            assertThat(server.server().drain(Duration.ZERO)).isFalse();
            for (String text : texts(streams)) {
                assertThat(text).doesNotContain("[DONE]");
                String last = text.substring(text.lastIndexOf("data: "));
                assertThat(last).startsWith("data: {\"error\":{\"message\":").endsWith("}\n\n");
            }
        }
    }

    private static List<Future<String>> streams(TestServer server, int count, String request)
            throws InterruptedException {
        var threads = Executors.newVirtualThreadPerTaskExecutor();
        var streams = new ArrayList<Future<String>>();
        for (int i = 0; i < count; i++)
            streams.add(
                    threads.submit(() ->
                            server.post("v1/chat/completions", request + ",'stream':true}")
                                    .text()));
        await(() -> server.scheduler().statistics().firstTokens() == count);
        threads.shutdown();
        return streams;
    }

    private static List<String> texts(List<Future<String>> streams) throws Exception {
        var texts = new ArrayList<String>();
        for (var stream : streams) texts.add(stream.get());
        return texts;
    }

    @Test
    void anAnswerEndsWithTheTimeThatItMayTake() throws Exception {
        var options = ServerOptions.defaults().withRequestTimeout(Duration.ofMillis(150));
        try (var server = new TestServer(options, SchedulerOptions.defaults())) {
            var answer = server.post("v1/chat/completions", LONG + "}");
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.json().get("choices").get(0).get("finish_reason").asString())
                    .isEqualTo("length");
            assertThat(answer.json().get("usage").get("completion_tokens").asInt())
                    .isLessThan(1000);
        }
    }
}
