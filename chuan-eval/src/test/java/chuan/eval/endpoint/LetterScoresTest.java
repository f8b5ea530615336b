package chuan.eval.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import chuan.engine.Cancellation;
import chuan.engine.ChatMessage;
import chuan.eval.Ask;
import chuan.eval.LetterTokens;
import chuan.eval.Prompt;
import chuan.eval.Reply;
import chuan.eval.endpoint.SyntheticEndpoint.Heard;
import chuan.eval.endpoint.SyntheticEndpoint.Logprobs;
import chuan.eval.endpoint.SyntheticEndpoint.Said;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// A model whose next token is known, behind endpoints that tell of it in different ways: the
/// letters get the scores that they have, however they are asked for.
class LetterScoresTest {
    private static final JsonMapper JSON = new JsonMapper();
    private static final List<String> LETTERS = List.of("A", "B", "C", "D");
    private static final int QUESTIONS = 12;

    /// How an endpoint tells of the next token.
    ///
    /// @param most tokens that it reports; more are refused
    /// @param echo whether it reports given texts
    private record Offer(int most, boolean echo, LetterTokens form, AtomicInteger echoes) {
        /// Natural logarithms, of letters and of four tokens that are likelier than most of them.
        Map<String, Double> next(int question) {
            var next = new LinkedHashMap<String, Double>();
            next.put("The", -0.9);
            next.put("\n", -1.1);
            next.put("我", -1.3);
            next.put("x", -1.5);
            for (int i = 0; i < LETTERS.size(); i++) next.put(spelled(i), score(question, i));
            return next;
        }

        String spelled(int letter) {
            return LetterSource.spelled(LETTERS.get(letter), form);
        }

        Said answer(Heard heard) {
            var body = heard.body();
            boolean chat = body.has("messages");
            int asked = body.path("top_logprobs").asInt(body.path("logprobs").asInt(0));
            if (asked > most) return SyntheticEndpoint.error(400, "at most " + most);
            var root = JSON.createObjectNode();
            var choice = root.putArray("choices").addObject().put("finish_reason", "length");
            root.putObject("usage").put("prompt_tokens", 50).put("completion_tokens", 1);
            if (body.path("echo").asBoolean(false)) {
                if (!echo) return SyntheticEndpoint.error(400, "no echo");
                echo(choice, heard);
            } else {
                var top =
                        next(heard.number()).entrySet().stream()
                                .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
                                .limit(asked)
                                .toList();
                if (chat) chat(choice, top);
                else text(choice, top);
            }
            return new Said.Raw("application/json", root.toString());
        }

        private static void chat(ObjectNode choice, List<Map.Entry<String, Double>> top) {
            choice.putObject("message").put("role", "assistant").put("content", "The");
            if (top.isEmpty()) return;
            var content = choice.putObject("logprobs").putArray("content").addObject();
            content.put("token", top.getFirst().getKey());
            content.put("logprob", top.getFirst().getValue());
            var list = content.putArray("top_logprobs");
            for (var one : top)
                list.addObject().put("token", one.getKey()).put("logprob", one.getValue());
        }

        private static void text(ObjectNode choice, List<Map.Entry<String, Double>> top) {
            choice.put("text", "The");
            if (top.isEmpty()) return;
            var logprobs = choice.putObject("logprobs");
            logprobs.putArray("tokens").add(top.getFirst().getKey());
            logprobs.putArray("token_logprobs").add(top.getFirst().getValue());
            var map = logprobs.putArray("top_logprobs").addObject();
            for (var one : top) map.put(one.getKey(), one.getValue());
        }

        /// Every character is a token, but for the last, with the blank before it where letters
        /// have one; behind it the one that had to be written.
        private void echo(ObjectNode choice, Heard heard) {
            if (heard.number() >= 0) echoes.incrementAndGet();
            String prompt = heard.prompt();
            choice.put("text", prompt + "!");
            int last = prompt.length() - (form == LetterTokens.WORD_START ? 2 : 1);
            var logprobs = choice.putObject("logprobs");
            var offsets = logprobs.putArray("text_offset");
            var given = logprobs.putArray("token_logprobs");
            for (int i = 0; i <= last; i++) {
                offsets.add(i);
                if (i == 0) given.addNull();
                else if (i < last) given.add(-2.5);
            }
            int letter = LETTERS.indexOf(prompt.substring(prompt.length() - 1));
            given.add(score(heard.number(), letter));
            offsets.add(prompt.length());
            given.add(-9);
        }
    }

    /// Below and above the tokens that are no letters.
    private static double score(int question, int letter) {
        return -0.25 - (7 * (question + 40) + 3 * letter) % 11 * 0.5 - letter / 16.0;
    }

    private static List<Ask> asks(boolean chat, LetterTokens form) {
        var asks = new ArrayList<Ask>();
        for (int i = 1; i <= QUESTIONS; i++) {
            String text = "第" + i + "题：哪一个？\n答案：";
            Prompt prompt =
                    chat ? new Prompt.Chat(List.of(ChatMessage.user(text))) : new Prompt.Text(text);
            asks.add(new Ask.Letters(prompt, LETTERS, form));
        }
        return asks;
    }

    private static double[][] scores(Offer offer, boolean chat, String source) throws IOException {
        var scores = new double[QUESTIONS][];
        try (var endpoint = new SyntheticEndpoint(Logprobs.NONE, offer::answer);
                var examinee =
                        EndpointExaminee.open(
                                EndpointOptions.of(endpoint.address(), "")
                                        .withAttempts(2, Duration.ofMillis(1)))) {
            assertThat(examinee.facts())
                    .containsEntry(chat ? "letters in conversations" : "letters in texts", source);
            examinee.answer(
                    asks(chat, offer.form),
                    (ask, reply, _) -> {
                        assertThat(reply.promptTokens()).isBetween(49, 50);
                        scores[ask] = ((Reply.Letters) reply).scores();
                    },
                    new Cancellation());
        }
        return scores;
    }

    @ParameterizedTest
    @CsvSource({"20, false, PLAIN", "20, true, PLAIN", "20, false, WORD_START"})
    void amongTheMostLikelyTheyAreExact(int most, boolean chat, LetterTokens form)
            throws IOException {
        var offer = new Offer(most, false, form, new AtomicInteger());
        var scores =
                scores(
                        offer,
                        chat,
                        "the 20 most likely tokens; a letter that is not among them counts as"
                                + " impossible");
        for (int i = 0; i < QUESTIONS; i++)
            for (int letter = 0; letter < 4; letter++)
                assertThat(scores[i][letter]).isEqualTo(score(i + 1, letter));
        assertThat(offer.echoes).hasValue(0);
    }

    @ParameterizedTest
    @CsvSource({"false", "true"})
    void amongFewALetterThatIsNotThereIsImpossible(boolean chat) throws IOException {
        var offer = new Offer(5, false, LetterTokens.PLAIN, new AtomicInteger());
        var scores =
                scores(
                        offer,
                        chat,
                        "the 5 most likely tokens; a letter that is not among them counts as"
                                + " impossible");
        int missing = 0;
        for (int i = 0; i < QUESTIONS; i++) {
            double fifth =
                    offer.next(i + 1).values().stream()
                            .sorted(Comparator.reverseOrder())
                            .skip(4)
                            .findFirst()
                            .orElseThrow();
            for (int letter = 0; letter < 4; letter++) {
                double score = score(i + 1, letter);
                boolean there = score >= fifth;
                if (!there) missing++;
                assertThat(scores[i][letter]).isEqualTo(there ? score : Double.NEGATIVE_INFINITY);
            }
        }
        assertThat(missing).isBetween(8, 40);
    }

    /// Only those are echoed that are not there.
    @ParameterizedTest
    @CsvSource({"PLAIN", "WORD_START"})
    void whatIsNotAmongFewIsEchoed(LetterTokens form) throws IOException {
        var offer = new Offer(5, true, form, new AtomicInteger());
        var scores =
                scores(
                        offer,
                        false,
                        "the 5 most likely tokens; a letter that is not among them is echoed behind"
                                + " the prompt");
        assertExact(scores);
        assertThat(offer.echoes.get()).isBetween(8, 40);
    }

    @Test
    void whereOnlyTheChosenTokenIsReportedEveryLetterIsEchoed() throws IOException {
        var offer = new Offer(1, true, LetterTokens.PLAIN, new AtomicInteger());
        var scores =
                scores(offer, false, "log-probabilities of each letter, echoed behind the prompt");
        assertExact(scores);
        assertThat(offer.echoes).hasValue(4 * QUESTIONS);
    }

    private static void assertExact(double[][] scores) {
        for (int i = 0; i < QUESTIONS; i++)
            for (int letter = 0; letter < 4; letter++)
                assertThat(scores[i][letter]).isCloseTo(score(i + 1, letter), within(1e-12));
    }
}
