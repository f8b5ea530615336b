package chuan.eval.endpoint;

import static chuan.eval.endpoint.SyntheticEndpoint.error;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import chuan.engine.Cancellation;
import chuan.engine.ChatMessage;
import chuan.eval.Ask;
import chuan.eval.ExaminationException;
import chuan.eval.LetterTokens;
import chuan.eval.Prompt;
import chuan.eval.Reply;
import chuan.eval.endpoint.SyntheticEndpoint.Conduct;
import chuan.eval.endpoint.SyntheticEndpoint.Logprobs;
import chuan.eval.endpoint.SyntheticEndpoint.Said;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What is asked of an endpoint, and what its replies are taken for.
class EndpointExamineeTest {
    private static final List<String> LETTERS = List.of("A", "B", "C", "D");

    private static EndpointOptions options(SyntheticEndpoint endpoint) {
        return EndpointOptions.of(endpoint.address(), "")
                .withAttempts(4, Duration.ofMillis(1))
                .withTimeout(Duration.ofSeconds(60));
    }

    private static Prompt text(int number) {
        return new Prompt.Text("第" + number + "题：哪一个？\n答案：");
    }

    private static Prompt chat(int number) {
        return new Prompt.Chat(List.of(ChatMessage.user("第" + number + "题：哪一个？")));
    }

    private static Ask letters(Prompt prompt) {
        return new Ask.Letters(prompt, LETTERS, LetterTokens.PLAIN);
    }

    private static Ask.Writing writing(Prompt prompt, String... stop) {
        return new Ask.Writing(prompt, List.of(stop), 50, 0, 0);
    }

    private static List<Reply> answers(EndpointExaminee examinee, List<? extends Ask> asks) {
        var replies = new Reply[asks.size()];
        examinee.answer(
                List.copyOf(asks),
                (ask, reply, seconds) -> {
                    assertThat(replies[ask]).isNull();
                    assertThat(seconds).isNotNegative();
                    replies[ask] = reply;
                },
                new Cancellation());
        return Arrays.asList(replies);
    }

    private static List<Reply> answers(SyntheticEndpoint endpoint, List<? extends Ask> asks) {
        try (var examinee = EndpointExaminee.open(options(endpoint))) {
            return answers(examinee, asks);
        }
    }

    private static Object fact(EndpointExaminee examinee, String name) {
        return Objects.requireNonNull(examinee.facts().get(name));
    }

    private static Conduct says(String text) {
        return _ -> new Said.Text(text);
    }

    @ParameterizedTest
    @CsvSource({"TOP_20, 4", "TOP_5, 1", "NONE, 1", "REFUSED, 1"})
    void lettersComeFromTheBestThatIsOffered(Logprobs logprobs, int known) throws IOException {
        try (var endpoint = new SyntheticEndpoint(logprobs, says("C"))) {
            for (var reply : answers(endpoint, List.of(letters(text(1)), letters(chat(2))))) {
                var letters = (Reply.Letters) reply;
                assertThat(Arrays.stream(letters.scores()).filter(Double::isFinite).count())
                        .isEqualTo(known);
                double highest = Arrays.stream(letters.scores()).max().orElseThrow();
                assertThat(letters.scores()[2]).isEqualTo(highest);
                assertThat(letters.promptTokens()).isEqualTo(100);
                boolean read = logprobs == Logprobs.NONE || logprobs == Logprobs.REFUSED;
                assertThat(letters.written()).isEqualTo(read ? "C" : "");
            }
        }
    }

    @Test
    void aLetterThatNobodyReportsIsImpossibleAndProseIsNoLetter() throws IOException {
        try (var five = new SyntheticEndpoint(Logprobs.TOP_5, says("因为"));
                var none =
                        new SyntheticEndpoint(
                                Logprobs.NONE, says("The answer is C because of B"))) {
            var asks = List.of(letters(text(1)), letters(chat(1)));
            for (var endpoint : List.of(five, none))
                for (var reply : answers(endpoint, asks))
                    assertThat(((Reply.Letters) reply).scores())
                            .containsOnly(Double.NEGATIVE_INFINITY);
        }
    }

    /// What follows the first line of a continued text is a question that the model made up.
    @Test
    void ofAContinuedTextTheFirstLineCounts() throws IOException {
        String text = " D\n\n第2题：哪一个？";
        try (var endpoint = new SyntheticEndpoint(Logprobs.NONE, says(text))) {
            var replies = answers(endpoint, List.of(letters(text(1)), letters(chat(1))));
            assertThat(((Reply.Letters) replies.get(0)).scores()[3]).isZero();
            assertThat(((Reply.Letters) replies.get(1)).scores())
                    .containsOnly(Double.NEGATIVE_INFINITY);
        }
    }

    @Test
    void whatIsWrittenEndsAtEveryStopString() throws IOException {
        var heard = new ArrayList<List<String>>();
        Conduct conduct =
                h -> {
                    if (h.number() > 0) {
                        var stops = new ArrayList<String>();
                        for (var stop : h.body().path("stop")) stops.add(stop.asString());
                        heard.add(stops);
                    }
                    return new Said.Text("one two three four five six");
                };
        try (var endpoint = new SyntheticEndpoint(Logprobs.NONE, conduct)) {
            var replies =
                    answers(endpoint, List.of(writing(text(1), "7", "8", "9", "ten", " three")));
            assertThat(replies).containsExactly(new Reply.Writing("one two", false, 100, 7));
            assertThat(heard).containsExactly(List.of("7", "8", "9", "ten"));
        }
    }

    @Test
    void chatsGoToTheRouteOfChatsWithTheirRolesAndSeeds() throws IOException {
        var bodies = new ArrayList<String>();
        Conduct conduct =
                heard -> {
                    if (heard.number() > 0) bodies.add(heard.path() + heard.body());
                    return new Said.Text("x");
                };
        try (var endpoint = new SyntheticEndpoint(Logprobs.NONE, conduct)) {
            var prompt =
                    new Prompt.Chat(
                            List.of(
                                    ChatMessage.system("s"),
                                    ChatMessage.user("u"),
                                    ChatMessage.assistant("a"),
                                    ChatMessage.user("第1题")));
            answers(endpoint, List.of(new Ask.Writing(prompt, List.of(), 9, 0.5, 77)));
            assertThat(bodies)
                    .containsExactly(
                            "/v1/chat/completions{\"model\":\"synthetic\",\"messages\":["
                                    + "{\"role\":\"system\",\"content\":\"s\"},"
                                    + "{\"role\":\"user\",\"content\":\"u\"},"
                                    + "{\"role\":\"assistant\",\"content\":\"a\"},"
                                    + "{\"role\":\"user\",\"content\":\"第1题\"}],"
                                    + "\"max_tokens\":9,\"temperature\":0.5,\"seed\":77}");
        }
    }

    @Test
    void whatPassesIsAskedAgain() throws IOException {
        Conduct conduct =
                heard ->
                        heard.attempt() > 1 || heard.number() < 0
                                ? new Said.Text("B")
                                : switch (heard.number()) {
                                    case 0 ->
                                            new Said.Status(429, "{}", Map.of("Retry-After", "0"));
                                    case 1 -> error(500, "oh");
                                    case 2 -> error(503, "busy");
                                    case 3 -> new Said.Raw("text/html", "<html>gateway</html>");
                                    case 4 -> new Said.Raw("application/json", "{\"choices\":");
                                    case 5 -> new Said.Cut();
                                    case 6 -> new Said.Raw("application/json", "");
                                    case 7 -> new Said.Raw("application/json", "[1]");
                                    case 8 -> new Said.Raw("application/json", "\u0000\u0001");
                                    default -> new Said.Status(408, "not json");
                                };
        try (var endpoint = new SyntheticEndpoint(Logprobs.TOP_20, conduct);
                var examinee = EndpointExaminee.open(options(endpoint))) {
            var asks = new ArrayList<Ask>();
            for (int i = 0; i < 10; i++) asks.add(letters(text(i)));
            long before = (long) fact(examinee, "run_requests");
            assertThat(answers(examinee, asks))
                    .allSatisfy(reply ->
                            assertThat(((Reply.Letters) reply).scores()[1]).isEqualTo(-0.5));
            assertThat(examinee.facts())
                    .containsEntry("run_requests", before + 20)
                    .containsEntry("run_requests_repeated", 10L);
        }
    }

    @Test
    void jsonUnderAnotherTypeIsJson() throws IOException {
        String json = "{\"choices\":[{\"text\":\"hi\"}],\"usage\":null}";
        Conduct conduct =
                heard ->
                        heard.number() < 0
                                ? new Said.Text("x")
                                : new Said.Raw("text/plain; charset=latin1", json);
        try (var endpoint = new SyntheticEndpoint(Logprobs.NONE, conduct)) {
            assertThat(answers(endpoint, List.of(writing(text(1)))))
                    .containsExactly(new Reply.Writing("hi", false, 0, 0));
        }
    }

    @Test
    void aBodyThatDoesNotEndIsATimeOutAndASlowOneIsNot() throws IOException {
        Conduct conduct =
                heard ->
                        heard.number() < 0
                                ? new Said.Text("x")
                                : new Said.Slow("B", heard.number() == 1 ? 1000 : 1);
        try (var endpoint = new SyntheticEndpoint(Logprobs.TOP_20, conduct);
                var examinee =
                        EndpointExaminee.open(
                                options(endpoint)
                                        .withTimeout(Duration.ofSeconds(5))
                                        .withAttempts(1, Duration.ofMillis(1)))) {
            var replies = answers(examinee, List.of(letters(text(1)), letters(text(2))));
            assertThat(replies.get(0))
                    .isEqualTo(new Reply.Failure("no answer within 5.0 s, in 1 attempts"));
            assertThat(replies.get(1)).isInstanceOf(Reply.Letters.class);
        }
    }

    @Test
    void aQuestionThatAlwaysFailsIsAFailureAndTheOthersGoOn() throws IOException {
        Conduct conduct =
                heard ->
                        heard.number() == 3
                                ? error(500, "No Memory\\n  left")
                                : heard.number() == 4
                                        ? new Said.Status(
                                                400,
                                                "{\"error\":{\"message\":\"too long\","
                                                        + "\"code\":\"context_length_exceeded\"}}")
                                        : new Said.Text("A");
        try (var endpoint = new SyntheticEndpoint(Logprobs.NONE, conduct)) {
            var asks = new ArrayList<Ask>();
            for (int i = 0; i < 8; i++) asks.add(letters(text(i)));
            var replies = answers(endpoint, asks);
            assertThat(replies.get(3))
                    .isEqualTo(new Reply.Failure("HTTP 500: no memory left, in 4 attempts"));
            assertThat(replies.get(4)).isEqualTo(new Reply.Failure("HTTP 400: too long"));
            assertThat(replies.stream().filter(Reply.Letters.class::isInstance)).hasSize(6);
        }
    }

    @Test
    void anEndpointThatIsGoneEndsTheExamination() throws IOException {
        Conduct conduct = heard -> heard.number() < 0 ? new Said.Text("A") : error(502, "gone");
        try (var endpoint = new SyntheticEndpoint(Logprobs.NONE, conduct);
                var examinee = EndpointExaminee.open(options(endpoint).withConcurrency(2))) {
            var asks = new ArrayList<Ask>();
            for (int i = 0; i < 100; i++) asks.add(letters(text(i)));
            assertThatThrownBy(() -> answers(examinee, asks))
                    .isInstanceOf(ExaminationException.class)
                    .hasMessage(
                            "the endpoint has not answered the last 6 questions: HTTP 502: gone,"
                                    + " in 4 attempts; the same command goes on where this ends");
        }
    }

    @Test
    void refusalsEndItWithOneLine() throws IOException {
        for (int status : new int[] {400, 401, 403, 404, 422}) {
            Conduct conduct =
                    heard -> heard.number() < 0 ? new Said.Text("A") : error(status, "no\\nway");
            try (var endpoint = new SyntheticEndpoint(Logprobs.NONE, conduct)) {
                assertThatThrownBy(() -> answers(endpoint, List.of(letters(text(1)))))
                        .isInstanceOf(ExaminationException.class)
                        .hasMessageStartingWith(
                                endpoint.address() + "/completions: HTTP " + status + ": no way")
                        .message()
                        .doesNotContain("\n");
            }
        }
        Conduct poor =
                heard ->
                        heard.number() < 0
                                ? new Said.Text("A")
                                : new Said.Status(
                                        429,
                                        "{\"error\":{\"message\":\"pay\",\"code\":"
                                                + "\"insufficient_quota\"}}");
        try (var endpoint = new SyntheticEndpoint(Logprobs.NONE, poor)) {
            assertThatThrownBy(() -> answers(endpoint, List.of(letters(text(1)))))
                    .isInstanceOf(ExaminationException.class)
                    .hasMessageContaining("pay");
        }
    }

    @Test
    void theKeyIsSentAndNeverShown(@TempDir Path folder) throws IOException {
        String secret = "sk-very-secret";
        Path file = folder.resolve("key");
        Files.writeString(file, secret + "\n");
        var heard = new ArrayList<String>();
        Conduct conduct =
                h -> {
                    heard.add(h.path());
                    return error(401, "Incorrect key " + secret);
                };
        try (var endpoint = new SyntheticEndpoint(Logprobs.NONE, conduct)) {
            var options = options(endpoint).withKey(ApiKey.ofFile(file));
            assertThat(options.toString()).doesNotContain(secret);
            assertThatThrownBy(() -> EndpointExaminee.open(options))
                    .isInstanceOf(ExaminationException.class)
                    .hasMessage(
                            endpoint.address()
                                    + "/completions: HTTP 401: incorrect key (the API key);"
                                    + " check the API key");
            assertThatThrownBy(() -> EndpointExaminee.open(options(endpoint)))
                    .hasMessageContaining("--api-key-env");
        }
        assertThat(ApiKey.ofVariable("K", Map.of("K", secret)).header())
                .isEqualTo("Bearer " + secret);
        assertThatThrownBy(() -> ApiKey.ofVariable("L", Map.of("K", secret)))
                .hasMessage("--api-key-env: the environment has no variable L");
        assertThatThrownBy(() -> ApiKey.ofVariable("K", Map.of("K", secret + "\n" + secret)))
                .hasMessageContaining("more than an API key")
                .message()
                .doesNotContain(secret);
    }

    @Test
    void newModelsGetTheFieldsThatTheyWant() throws IOException {
        Conduct conduct =
                heard -> {
                    if (heard.path().equals("/v1/completions")) return error(404, "no such path");
                    if (heard.body().has("max_tokens"))
                        return new Said.Status(
                                400,
                                "{\"error\":{\"message\":\"Use 'max_completion_tokens' instead.\","
                                        + "\"param\":\"max_tokens\"}}");
                    if (heard.body().has("temperature"))
                        return new Said.Status(
                                400,
                                "{\"error\":{\"message\":\"Only the default is supported.\","
                                        + "\"param\":\"temperature\"}}");
                    return new Said.Text("B");
                };
        try (var endpoint = new SyntheticEndpoint(Logprobs.TOP_20, conduct);
                var examinee = EndpointExaminee.open(options(endpoint))) {
            var reply = (Reply.Letters) answers(examinee, List.of(letters(chat(1)))).getFirst();
            assertThat(reply.scores()[1]).isEqualTo(-0.5);
            assertThat(examinee.facts())
                    .containsEntry("texts", "not offered: HTTP 404: no such path")
                    .containsKey("temperature in conversations");
            assertThatThrownBy(() -> answers(examinee, List.of(letters(text(1)))))
                    .isInstanceOf(ExaminationException.class)
                    .hasMessageContaining("ask with --chat");
        }
    }

    @Test
    void tokensAndTheirPriceAreCounted() throws IOException {
        try (var endpoint = new SyntheticEndpoint(Logprobs.NONE, says("A"));
                var examinee =
                        EndpointExaminee.open(
                                options(endpoint)
                                        .withPrices(OptionalDouble.of(3), OptionalDouble.of(10)))) {
            answers(examinee, List.of(writing(text(1)), writing(chat(2)), writing(text(3))));
            var facts = examinee.facts();
            assertThat(facts)
                    .containsEntry("run_prompt_tokens", 300L)
                    .containsEntry("run_written_tokens", 21L);
            assertThat((double) fact(examinee, "run_cost"))
                    .isEqualTo((300 * 3 + 21 * 10) / 1e6, within(1e-15));
        }
    }

    @Test
    void asManyAreAskedAtATimeAsAllowed() throws IOException {
        var barrier = new CyclicBarrier(4);
        var now = new AtomicInteger();
        var most = new AtomicInteger();
        Conduct conduct =
                heard -> {
                    if (heard.number() < 0) return new Said.Text("A");
                    most.accumulateAndGet(now.incrementAndGet(), Math::max);
                    try {
                        barrier.await(); // passes only if four are here
                    } catch (java.util.concurrent.BrokenBarrierException e) {
                        throw new IllegalStateException(e);
                    } finally {
                        now.decrementAndGet();
                    }
                    return new Said.Text("A");
                };
        try (var endpoint = new SyntheticEndpoint(Logprobs.NONE, conduct);
                var examinee = EndpointExaminee.open(options(endpoint).withConcurrency(4))) {
            var asks = new ArrayList<Ask>();
            for (int i = 0; i < 40; i++) asks.add(letters(text(i)));
            assertThat(answers(examinee, asks)).hasSize(40).doesNotContainNull();
            assertThat(most.get()).isEqualTo(4);
        }
    }

    @Test
    void aCancellationEndsItAtOnceAndKeepsWhatCame() throws Exception {
        var never = new CountDownLatch(1);
        Conduct conduct =
                heard -> {
                    if (heard.number() > 4) never.await();
                    return new Said.Text("A");
                };
        try (var endpoint = new SyntheticEndpoint(Logprobs.NONE, conduct);
                var examinee = EndpointExaminee.open(options(endpoint))) {
            var asks = new ArrayList<Ask>();
            for (int i = 0; i < 20; i++) asks.add(letters(text(i)));
            var cancellation = new Cancellation();
            var came = new AtomicInteger();
            assertThatThrownBy(() ->
                            examinee.answer(
                                    asks,
                                    (_, _, _) -> {
                                        if (came.incrementAndGet() == 5) cancellation.cancel();
                                    },
                                    cancellation))
                    .isInstanceOf(CancellationException.class);
            assertThat(came.get()).isEqualTo(5);
        }
    }

    @Test
    void withoutEchoThereAreNoLikelihoodsAndWithoutATokenizerNoCounts() throws IOException {
        try (var endpoint = new SyntheticEndpoint(Logprobs.TOP_20, says("A"));
                var examinee = EndpointExaminee.open(options(endpoint))) {
            var ask = new Ask.Likelihood(text(1), List.of(" A", " B"));
            assertThatThrownBy(() -> answers(examinee, List.of(ask)))
                    .isInstanceOf(ExaminationException.class)
                    .hasMessageContaining("choose a protocol");
            assertThatThrownBy(() -> examinee.countTokens("text"))
                    .isInstanceOf(UnsupportedOperationException.class);
            assertThat(examinee.context()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ftp://h/v1",
                "127.0.0.1:80",
                "http://",
                "http://me:pw@h/v1",
                "http://h/v1?key=x",
                "a b"
            })
    void addressesThatAreNoneAreRefused(String address) {
        assertThatThrownBy(() -> EndpointOptions.of(address, "m"))
                .isInstanceOf(ExaminationException.class)
                .hasMessageStartingWith("--endpoint: ");
    }

    @ParameterizedTest
    @CsvSource({
        "http://h:1, http://h:1/v1",
        "http://h:1/, http://h:1/v1",
        "https://h/v1/, https://h/v1",
        "https://h/v1/chat/completions, https://h/v1",
        "https://h/api/v1/completions, https://h/api/v1"
    })
    void addressesAreTakenAsPeopleGiveThem(String address, String base) {
        assertThat(EndpointOptions.of(address, "m").base()).hasToString(base);
    }

    @Test
    void anAnswerWithoutEndIsCutAndRedirectsAreNotFollowed() throws IOException {
        String huge = "{\"choices\":[{\"text\":\"" + "x".repeat(17 << 20) + "\"}]}";
        Conduct conduct =
                heard ->
                        heard.number() < 0
                                ? new Said.Text("A")
                                : new Said.Raw("application/json", huge);
        try (var endpoint = new SyntheticEndpoint(Logprobs.NONE, conduct);
                var examinee =
                        EndpointExaminee.open(
                                options(endpoint).withAttempts(2, Duration.ofMillis(1)))) {
            var reply = answers(examinee, List.of(letters(text(1)))).getFirst();
            assertThat(reply).isInstanceOf(Reply.Failure.class);
            assertThat(((Reply.Failure) reply).why())
                    .endsWith(", in 2 attempts")
                    .hasSizeLessThan(300);
        }
        Conduct elsewhere =
                heard ->
                        new Said.Status(307, "", Map.of("Location", "http://elsewhere.invalid/v1"));
        try (var endpoint = new SyntheticEndpoint(Logprobs.NONE, elsewhere)) {
            assertThatThrownBy(() -> EndpointExaminee.open(options(endpoint)))
                    .isInstanceOf(ExaminationException.class)
                    .hasMessage(
                            endpoint.address()
                                    + "/completions redirects to http://elsewhere.invalid/v1: give"
                                    + " that address to --endpoint");
        }
    }

    @Test
    void nobodyThere() throws IOException {
        var endpoint = new SyntheticEndpoint(Logprobs.NONE, says("A"));
        var options = options(endpoint);
        endpoint.close();
        assertThatThrownBy(() -> EndpointExaminee.open(options))
                .isInstanceOf(ExaminationException.class)
                .hasMessage(endpoint.address() + ": no connection, in 4 attempts");
    }
}
