package chuan.eval.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import chuan.cpu.CpuBackend;
import chuan.cpu.CpuOptions;
import chuan.cpu.WeightType;
import chuan.engine.Cancellation;
import chuan.engine.ChatMessage;
import chuan.engine.Engine;
import chuan.engine.EngineOptions;
import chuan.engine.GenerationSettings;
import chuan.eval.Ask;
import chuan.eval.ExaminationException;
import chuan.eval.Examinee;
import chuan.eval.LetterTokens;
import chuan.eval.Prompt;
import chuan.eval.Reply;
import chuan.files.ModelFolder;
import chuan.kernel.KernelSelector;
import chuan.model.Backend;
import chuan.model.ReferenceBackend;
import chuan.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Batches, threads and shared beginnings change nothing; what they compute is what a plain loop
/// over a plain implementation computes.
class SameBitsTest {
    private static final int CONTEXT = 192;
    private static final String WORDS = "the a of and in to is A B C D , . 的 是 一 不\n\n了 人 我";

    static CpuOptions exact(int threads) {
        return new CpuOptions(threads, KernelSelector.select(), WeightType.AS_STORED);
    }

    private static Path golden(String name) {
        return Path.of(System.getProperty("chuan.root", "..")).resolve("testdata/golden/" + name);
    }

    private static Engine engine(ModelFolder folder, Backend backend) throws IOException {
        return new Engine(
                backend,
                Tokenizer.load(golden("tokenizer/tiny-plain.model")),
                GenerationSettings.of(folder.generation(), folder.config()),
                EngineOptions.defaults().withContext(CONTEXT));
    }

    /// In the order of the asks, which are handed over once each.
    static List<Reply> answers(Examinee examinee, List<Ask> asks) {
        var replies = new Reply[asks.size()];
        try (examinee) {
            examinee.answer(
                    asks,
                    (ask, reply, seconds) -> {
                        assertThat(replies[ask]).isNull();
                        assertThat(seconds).isNotNegative();
                        replies[ask] = reply;
                    },
                    new Cancellation());
        }
        return Arrays.stream(replies).map(Objects::requireNonNull).toList();
    }

    /// Questions of all kinds: some share examples, some are alike, some too long, some empty.
    private static List<Ask> randomAsks(SplittableRandom random, int count) {
        var beginnings = new ArrayList<>(List.of("", "the ", text(random, 40), text(random, 90)));
        beginnings.add(beginnings.get(2) + text(random, 30));
        var asks = new ArrayList<Ask>();
        for (int i = 0; i < count; i++) {
            String text =
                    beginnings.get(random.nextInt(beginnings.size()))
                            + text(random, random.nextInt(6) == 0 ? 250 : random.nextInt(20));
            var prompt =
                    random.nextInt(5) == 0
                            ? new Prompt.Chat(List.of(ChatMessage.user(text + " ?")))
                            : new Prompt.Text(text);
            asks.add(
                    switch (random.nextInt(4)) {
                        case 0 ->
                                new Ask.Letters(prompt, List.of("a", "o", "e"), LetterTokens.PLAIN);
                        case 1 -> new Ask.Likelihood(prompt, texts(random));
                        case 2 -> new Ask.Likelihood(prompt, List.of(" a", " o", " in"));
                        default ->
                                new Ask.Writing(
                                        prompt,
                                        List.of("e"),
                                        1 + random.nextInt(12),
                                        random.nextInt(2),
                                        random.nextLong());
                    });
            if (random.nextInt(4) == 0) asks.add(asks.get(random.nextInt(asks.size())));
        }
        return asks;
    }

    private static List<String> texts(SplittableRandom random) {
        var texts = new ArrayList<String>();
        int count = 1 + random.nextInt(4);
        for (int i = 0; i < count; i++) texts.add(" " + text(random, 1 + random.nextInt(90)));
        return texts;
    }

    private static String text(SplittableRandom random, int words) {
        String[] all = WORDS.split(" ");
        var text = new StringBuilder();
        for (int i = 0; i < words; i++) text.append(all[random.nextInt(all.length)]).append(' ');
        return text.toString();
    }

    @ParameterizedTest
    @ValueSource(strings = {"tiny-alibi", "tiny-rope", "tiny-llama-gqa"})
    void neitherBatchNorThreadsNorSharingShow(String model) throws IOException {
        long seed = new SplittableRandom().nextLong();
        var asks = randomAsks(new SplittableRandom(seed), 40);
        var folder = ModelFolder.open(golden(model));
        List<String> expected = null;
        for (int threads : new int[] {1, 2})
            try (var backend = CpuBackend.load(folder, exact(threads))) {
                for (int batch : new int[] {1, 3, 16})
                    for (boolean share : new boolean[] {false, true}) {
                        var options =
                                LocalExaminee.Options.of(backend, CONTEXT, batch)
                                        .withShare(share)
                                        .withKvBytes(batch == 3 ? 1 : Long.MAX_VALUE);
                        var examinee =
                                new LocalExaminee(engine(folder, backend), Map.of(), options);
                        var replies = answers(examinee, asks).stream().map(SameBitsTest::bits);
                        if (expected == null) expected = replies.toList();
                        else
                            assertThat(replies)
                                    .as(
                                            "seed %d, %d threads, batch %d, sharing %s",
                                            seed, threads, batch, share)
                                    .isEqualTo(expected);
                        assertThat(backend.kvUsedBytes()).isZero();
                    }
            }
    }

    private static String bits(Reply reply) {
        return switch (reply) {
            case Reply.Letters(double[] scores, int tokens, String written) ->
                    "letters " + Arrays.toString(scores) + tokens + written;
            case Reply.Likelihood(double[] sums, int[] tokens, boolean[] greedy, int prompt) ->
                    "likelihood "
                            + Arrays.toString(sums)
                            + Arrays.toString(tokens)
                            + Arrays.toString(greedy)
                            + prompt;
            case Reply.Writing _, Reply.Failure _ -> reply.toString();
        };
    }

    @Test
    void scoresAreThoseOfAPlainLoop() throws IOException {
        long seed = new SplittableRandom().nextLong();
        var asks = randomAsks(new SplittableRandom(seed), 40);
        var folder = ModelFolder.open(golden("tiny-alibi"));
        try (var backend = CpuBackend.load(folder, exact(2));
                var reference = new ReferenceBackend(folder.config(), folder.rows())) {
            var engine = engine(folder, backend);
            var options = LocalExaminee.Options.of(backend, CONTEXT, 16);
            var replies = answers(new LocalExaminee(engine, Map.of(), options), asks);
            for (int i = 0; i < asks.size(); i++)
                if (asks.get(i) instanceof Ask.Likelihood ask
                        && ask.prompt() instanceof Prompt.Text(String text)
                        && !text.isBlank()
                        && replies.get(i) instanceof Reply.Likelihood reply)
                    for (int part = 0; part < reply.sums().length; part++) {
                        String whole = text + ask.continuations().get(part);
                        int before = engine.tokenizer().encode(text.stripTrailing()).length;
                        assertThat(reply.sums()[part])
                                .as("seed %d, ask %d, part %d", seed, i, part)
                                .isCloseTo(
                                        plainSum(reference, engine.tokenizer(), whole, before),
                                        within(1e-3));
                    }
        }
    }

    /// Of the tokens of a text from `before` on, with those cut from the left that do not fit.
    private static double plainSum(Backend model, Tokenizer tokenizer, String text, int before) {
        int[] ids = tokenizer.encode(text);
        int cut = Math.max(0, ids.length - CONTEXT - 1);
        int[] kept = Arrays.copyOfRange(ids, cut, ids.length);
        int vocab = model.config().vocab();
        var logits = new float[(kept.length - 1) * vocab];
        try (var cache = model.newCache(kept.length)) {
            model.forward(cache, kept, 0, kept.length - 1, kept.length - 1, logits);
        }
        double sum = 0;
        for (int at = Math.max(before - cut, 1); at < kept.length; at++) {
            double total = 0;
            int row = (at - 1) * vocab;
            for (int id = 0; id < vocab; id++) total += Math.exp(logits[row + id]);
            sum += logits[row + kept[at]] - Math.log(total);
        }
        return sum;
    }

    /// What 20 questions with 4 continuations begin with alike goes through the model once, and so
    /// does each question.
    @Test
    void whatBeginsAlikeIsComputedOnce() throws IOException {
        var folder = ModelFolder.open(golden("tiny-rope"));
        String examples = text(new SplittableRandom(11), 60);
        var asks = new ArrayList<Ask>();
        for (int i = 0; i < 20; i++)
            asks.add(
                    new Ask.Likelihood(
                            new Prompt.Text(examples + "question " + i + " :"),
                            List.of(" a", " o", " in", " the")));
        try (var model = CpuBackend.load(folder, exact(1))) {
            var engine = engine(folder, model);
            int shared = engine.tokenizer().encode(examples.stripTrailing()).length;
            int most = shared;
            int alone = 0;
            for (var ask : asks) {
                String prompt = ((Prompt.Text) ask.prompt()).text();
                for (String text : ((Ask.Likelihood) ask).continuations()) {
                    int tokens = engine.tokenizer().encode(prompt + text).length - 1;
                    alone += tokens;
                    most += tokens - shared;
                }
            }
            assertThat(computed(engine, asks, true)).isBetween(shared + 20, most);
            assertThat(computed(engine, asks, false)).isEqualTo(alone);
        }
    }

    /// Tokens that went through the model.
    private static int computed(Engine engine, List<Ask> asks, boolean share) {
        var counting = new CountingBackend(engine.backend());
        var counted =
                new Engine(
                        counting,
                        engine.tokenizer(),
                        engine.settings(),
                        EngineOptions.defaults().withContext(CONTEXT));
        var options = LocalExaminee.Options.of(counting, CONTEXT, 16).withShare(share);
        answers(new LocalExaminee(counted, Map.of(), options), asks);
        return counting.tokens;
    }

    @Test
    void aLetterWithoutATokenIsRefused() throws IOException {
        var tokenizer = Tokenizer.load(golden("tokenizer/tiny-plain.model"));
        assertThatThrownBy(() -> Preparation.idOf(tokenizer, "🀄", LetterTokens.PLAIN))
                .isInstanceOf(ExaminationException.class)
                .hasMessageContaining("no token for the letter 🀄");
    }

    @Test
    void aCancellationEndsItAndLeavesNothingOpen() throws IOException {
        var folder = ModelFolder.open(golden("tiny-alibi"));
        try (var backend = CpuBackend.load(folder, exact(1))) {
            var options = LocalExaminee.Options.of(backend, CONTEXT, 4);
            try (var examinee = new LocalExaminee(engine(folder, backend), Map.of(), options)) {
                var cancellation = new Cancellation();
                var asks = randomAsks(new SplittableRandom(7), 60);
                assertThatThrownBy(() ->
                                examinee.answer(
                                        asks, (_, _, _) -> cancellation.cancel(), cancellation))
                        .isInstanceOf(CancellationException.class);
                assertThat(backend.kvUsedBytes()).isZero();
            }
        }
    }
}
