package chuan.engine;

import static chuan.engine.Toys.BYTE;
import static chuan.engine.Toys.EOS;
import static chuan.engine.Toys.bytes;
import static chuan.engine.Toys.engine;
import static chuan.engine.Toys.scripted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import chuan.engine.Toys.FakeBackend;
import chuan.model.ContextTooLongException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GeneratorTest {

    private static GenerateResult say(
            FakeBackend backend, List<String> stop, int maxTokens, List<String> deltas) {
        var engine = engine(backend);
        var result =
                engine.generate(
                        engine.request("q").withStop(stop).withMaxTokens(maxTokens), deltas::add);
        assertThat(String.join("", deltas)).isEqualTo(result.text());
        for (String delta : deltas) assertWhole(delta);
        assertThat(backend.openCaches).as("caches left open").isZero();
        return result;
    }

    /// Not empty, no half of a surrogate pair, no replacement of a broken character.
    private static void assertWhole(String delta) {
        assertThat(delta).isNotEmpty().doesNotContain("\uFFFD");
        assertThat(StandardCharsets.UTF_8.newEncoder().canEncode(delta)).as(delta).isTrue();
    }

    @Test
    void colonsAndMarkersInTextDoNotStop() {
        var deltas = new ArrayList<String>();
        var result = say(scripted(bytes("结论：</s> Human:")), List.of(), 100, deltas);
        assertThat(result.text()).isEqualTo("结论：</s> Human:");
        assertThat(result.finishReason()).isEqualTo(FinishReason.STOP);
        assertThat(result.stop()).isEqualTo("</s>");
        assertThat(result.statistics().generatedTokens()).isEqualTo(result.ids().size() + 1);
    }

    @ParameterizedTest
    @CsvSource({
        "好的。Human: 你, Human:, 好的。", // over six tokens
        "结论：是, ：, 结论", // completed inside a character of three bytes
        "😀😁x, 😁, 😀", // two characters that share three of four bytes
        "Human: x, H, ''", // at the very first token
        "aaab, aab, a", // a beginning that restarts inside itself
        "abc, abc, ''",
        "abab, abc, abab" // held back, then not a stop after all
    })
    void stopStringsEndTheText(String said, String stop, String expected) {
        var deltas = new ArrayList<String>();
        var result = say(scripted(bytes(said)), List.of(stop), 100, deltas);
        assertThat(result.text()).isEqualTo(expected);
        assertThat(result.finishReason()).isEqualTo(FinishReason.STOP);
        assertThat(result.stop()).isEqualTo(said.contains(stop) ? stop : "</s>");
    }

    @Test
    void theEarliestStopWinsAlsoInsideOneToken() {
        int ab = BYTE + 257;
        var result =
                say(scripted(BYTE + 'x', ab, BYTE + 'y'), List.of("b", "ab"), 9, new ArrayList<>());
        assertThat(result.text()).isEqualTo("x");
        assertThat(result.stop()).isEqualTo("ab");
    }

    @Test
    void lengthEndsAndReleasesWhatWasHeldBack() {
        var deltas = new ArrayList<String>();
        var result = say(scripted(bytes("abHuman")), List.of("Human:"), 7, deltas);
        assertThat(result.text()).isEqualTo("abHuman");
        assertThat(result.finishReason()).isEqualTo(FinishReason.LENGTH);
        assertThat(result.stop()).isEmpty();
    }

    @Test
    void theContextEndsATextLikeMaxTokens() {
        var backend = scripted(bytes("abcdefghijklmnopqrstuvwxyz"));
        var engine = engine(backend, EngineOptions.defaults().withContext(10));
        var result = engine.generate(engine.request(bytes("12345678")), TokenListener.NONE);
        assertThat(result.text()).isEqualTo("abc"); // the third needs no place in the cache
        assertThat(result.finishReason()).isEqualTo(FinishReason.LENGTH);
        assertThatThrownBy(() ->
                        engine.generate(engine.request(bytes("12345678901")), TokenListener.NONE))
                .isInstanceOf(ContextTooLongException.class)
                .hasMessageContaining("11")
                .hasMessageContaining("10");
    }

    @Test
    void aTextCutInsideACharacterShowsItOnlyInTheResult() {
        var engine = engine(scripted(bytes("好")));
        var deltas = new ArrayList<String>();
        var result = engine.generate(engine.request("q").withMaxTokens(2), deltas::add);
        assertThat(result.text()).isEqualTo("\uFFFD\uFFFD");
        assertThat(deltas).containsExactly("\uFFFD\uFFFD");
    }

    @Test
    void aContinuationKeepsItsFirstSpaceAndAnAnswerDropsIt() {
        int space = BYTE + 256;
        var engine = engine(scripted(space, BYTE + 'x'));
        var request = engine.request("q");
        assertThat(engine.generate(request, TokenListener.NONE).text()).isEqualTo(" x");
        var answer =
                new GenerateRequest(
                        request.prompt(), false, 9, List.of(), Set.of(EOS), request.sampling(), -1);
        engine = engine(scripted(space, BYTE + 'x'));
        assertThat(engine.generate(answer, TokenListener.NONE).text()).isEqualTo("x");
    }

    /// Deltas put together are the text of the ids, whatever the model says, and a stop string cuts
    /// it where a search in the whole text would.
    @Test
    void randomBytesStreamAsTheirText() {
        long seed = new SplittableRandom().nextLong();
        System.out.println("seed " + seed);
        var random = new SplittableRandom(seed);
        String letters = "ab好：😀é";
        for (int round = 0; round < 500; round++) {
            var said = new StringBuilder();
            for (int i = random.nextInt(30); i >= 0; i--)
                said.appendCodePoint(pick(random, letters));
            var stop = new StringBuilder();
            for (int i = random.nextInt(3); i >= 0; i--)
                stop.appendCodePoint(pick(random, letters));
            var result =
                    say(
                            scripted(bytes(said.toString())),
                            List.of(stop.toString()),
                            1000,
                            new ArrayList<>());
            int at = said.indexOf(stop.toString());
            assertThat(result.text())
                    .as("seed %d: '%s' stopped by '%s'", seed, said, stop)
                    .isEqualTo(at < 0 ? said.toString() : said.substring(0, at));
        }
    }

    private static int pick(SplittableRandom random, String letters) {
        int[] points = letters.codePoints().toArray();
        return points[random.nextInt(points.length)];
    }

    @Test
    void cancellationEndsWithinAStep() {
        var backend = scripted(bytes("abcdefgh"));
        var cancellation = new Cancellation();
        var engine = engine(backend, new EngineOptions(0, 4));
        var heard = new StringBuilder();
        var result =
                engine.generate(
                        engine.request("q"),
                        delta -> {
                            heard.append(delta);
                            if (heard.length() == 3) cancellation.cancel();
                        },
                        cancellation);
        assertThat(result.finishReason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(result.text()).isEqualTo("abc");

        var second = new Cancellation();
        backend.tokens = 0;
        backend.beforeStep =
                () -> {
                    if (backend.tokens >= 8) second.cancel();
                };
        result = engine.generate(engine.request(new int[100]), TokenListener.NONE, second);
        assertThat(result.finishReason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(backend.tokens).as("tokens of a prompt of 100").isEqualTo(12);
        assertThat(backend.openCaches).isZero();
    }

    @Test
    void aListenerThatThrowsLeavesNothingOpen() {
        var backend = scripted(bytes("abc"));
        var engine = engine(backend);
        assertThatThrownBy(() ->
                        engine.generate(
                                engine.request("q"),
                                _ -> {
                                    throw new IllegalStateException("gone");
                                }))
                .hasMessage("gone");
        assertThat(backend.openCaches).isZero();
    }

    @Test
    void promptsGoInChunksAndReportProgress() {
        var backend = Toys.hashing(600, -100);
        var engine = engine(backend, new EngineOptions(0, 64));
        var progress = new ArrayList<Integer>();
        var listener =
                new TokenListener() {
                    @Override
                    public void text(String delta) {}

                    @Override
                    public void prompt(int done, int total) {
                        progress.add(done);
                        assertThat(total).isEqualTo(150);
                    }
                };
        var request = engine.request(new int[150]).withMaxTokens(5);
        var chunked = engine.generate(request, listener);
        assertThat(progress).containsExactly(64, 128, 150);
        assertThat(backend.longestStep).isEqualTo(64);
        var whole =
                engine(backend, new EngineOptions(0, 1000)).generate(request, TokenListener.NONE);
        assertThat(chunked.ids()).isEqualTo(whole.ids());
    }

    @Test
    void logprobsAreThoseOfTheRawLogits() {
        var backend = scripted(bytes("ab"));
        var engine = engine(backend);
        var request =
                engine.request("q")
                        .withSampling(SamplingOptions.greedy().withRepetitionPenalty(1.5))
                        .withLogprobs(3);
        var result = engine.generate(request, TokenListener.NONE);
        // one logit of 10 and 262 of 0
        double best = 10 - Math.log(Math.exp(10) + Toys.VOCAB - 1);
        assertThat(result.tokens()).hasSize(2);
        for (var token : result.tokens()) {
            assertThat(token.logprob()).isCloseTo(best, org.assertj.core.data.Offset.offset(1e-9));
            assertThat(token.top()).hasSize(3);
            assertThat(token.top().getFirst().id()).isEqualTo(token.id());
            assertThat(token.top().get(1).logprob())
                    .isCloseTo(best - 10, org.assertj.core.data.Offset.offset(1e-9));
        }
        assertThat(result.tokens().get(1).top().stream().map(c -> c.id()))
                .containsExactly(BYTE + (int) 'b', 0, 1);
        assertThat(engine.generate(request.withLogprobs(-1), TokenListener.NONE).tokens())
                .isEmpty();
    }

    @Test
    void theSeedInTheResultRepeatsTheText() {
        var engine = engine(Toys.uniform(Toys.VOCAB, 200));
        var request =
                engine.request("q")
                        .withSampling(SamplingOptions.pure())
                        .withStopIds(Set.of())
                        .withMaxTokens(40);
        var first = engine.generate(request, TokenListener.NONE);
        var other = engine.generate(request, TokenListener.NONE);
        assertThat(other.ids()).isNotEqualTo(first.ids());
        var again =
                engine.generate(
                        request.withSampling(SamplingOptions.pure().withSeed(first.seed())),
                        TokenListener.NONE);
        assertThat(again.ids()).isEqualTo(first.ids());
    }

    @Test
    void rowsBeyondTheVocabularyAreNeverChosen() {
        var backend =
                new FakeBackend(
                        Toys.VOCAB + 50,
                        100,
                        (ids, length, out, at) -> out[at + Toys.VOCAB + 7] = 100);
        var engine = engine(backend);
        var result = engine.generate(engine.request("q").withMaxTokens(3), TokenListener.NONE);
        assertThat(result.ids()).allMatch(id -> id < Toys.VOCAB);
    }

    @Test
    void wrongRequestsNameTheField() {
        var engine = engine(scripted());
        var request = engine.request("q");
        refused("prompt", () -> engine.request(new int[0]));
        refused("prompt[1]", () -> engine.generate(engine.request(5, 9999), TokenListener.NONE));
        refused("max_tokens", () -> request.withMaxTokens(0));
        refused("logprobs", () -> request.withLogprobs(101));
        refused("stop[1]", () -> request.withStop(List.of("a", "")));
        refused("stop[0]", () -> request.withStop(List.of("a\uD83D")));
        refused("stop", () -> request.withStop(java.util.Collections.nCopies(100, "x")));
    }

    private static void refused(
            String field, org.assertj.core.api.ThrowableAssert.ThrowingCallable c) {
        assertThatThrownBy(c)
                .isInstanceOfSatisfying(
                        InvalidRequestException.class, e -> assertThat(e.field()).isEqualTo(field));
    }
}
