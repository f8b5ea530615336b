package chuan.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import chuan.engine.Toys.FakeBackend;
import chuan.engine.constrain.Constraints;
import chuan.tokenizer.Tokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// Tokens that a grammar leaves no choice about, as drafts: they save steps and change nothing.
class ForcedTokensTest {
    private static final Path ROOT = Path.of(System.getProperty("chuan.root", ".."));

    private static final String TEN_FIELDS =
            """
            {"type":"object","properties":{
            "name":{"type":"string"},"gender":{"enum":["male","female"]},"age":{"type":"integer"},
            "city":{"type":"string"},"street":{"type":"string"},"postcode":{"type":"string"},
            "email":{"type":"string"},"married":{"type":"boolean"},"children":{"type":"integer"},
            "remarks":{"type":"string"}},
            "required":["name","gender","age","city","street","postcode","email","married","children","remarks"]}
            """;

    private static final String ANSWER =
            """
            {"name": "张三", "gender": "male", "age": 42, "city": "上海", "street": "南京路 100 号", \
            "postcode": "200001", "email": "zhang@example.com", "married": true, "children": 2, \
            "remarks": "喜欢下棋"}\
            """;

    private static Engine engine(FakeBackend backend, Tokenizer tokenizer) {
        var settings =
                new GenerationSettings(
                        Set.of(Toys.EOS),
                        1000,
                        SamplingOptions.greedy(),
                        true,
                        new ChatTemplate(ChatTemplate.Format.V1, 3, 4, Toys.EOS, false));
        return new Engine(backend, tokenizer, settings, EngineOptions.defaults());
    }

    private static GenerateResult answer(
            FakeBackend backend, Tokenizer tokenizer, GenerateRequest request, Speculation how)
            throws InterruptedException {
        var options = SchedulerOptions.defaults().withSpeculation(how);
        try (var scheduler = new Scheduler(engine(backend, tokenizer), options)) {
            return SchedulerTest.await(scheduler.submit(request, ""));
        }
    }

    private static GenerateRequest request(Constraint constraint, SamplingOptions sampling) {
        return new GenerateRequest(
                        new int[] {5, 6, 7}, false, 150, List.of(), Set.of(Toys.EOS), sampling, -1)
                .withConstraint(constraint);
    }

    /// What follows depends on all before it, so one wrong token would change the rest.
    private static FakeBackend dice(int vocab) {
        return new FakeBackend(
                vocab,
                400,
                (ids, length, out, at) -> {
                    long hash = 1;
                    for (int i = 0; i < length; i++) hash = hash * 1_000_003 + ids[i];
                    var random = new SplittableRandom(hash);
                    for (int id = 0; id < vocab; id++)
                        out[at + id] = random.nextInt(1 << 12) / 512f;
                });
    }

    @Test
    void nothingChanges() throws Exception {
        var shipped = Tokenizer.loadFolder(ROOT.resolve("models/chuan-10m-chat"));
        int forced = 0;
        for (var tokenizer : List.of(Toys.byteTokenizer(), shipped)) {
            var constraints = new Constraints(tokenizer);
            var schemas =
                    new ArrayList<>(Files.readAllLines(ROOT.resolve("testdata/schemas.jsonl")));
            schemas.add(TEN_FIELDS);
            for (int i = 0; i < schemas.size(); i++) {
                var constraint = constraints.jsonSchema(schemas.get(i));
                var sampling =
                        i % 2 == 0
                                ? SamplingOptions.greedy()
                                : SamplingOptions.pure().withTopP(0.9).withSeed(i);
                var request = request(constraint, sampling);
                var backend = dice(tokenizer.vocabSize());
                var alone = engine(backend, tokenizer).generate(request, TokenListener.NONE);
                var drafted = answer(backend, tokenizer, request, Speculation.ALWAYS);
                assertThat(drafted.ids()).as("schema %d", i).isEqualTo(alone.ids());
                assertThat(drafted.text()).isEqualTo(alone.text());
                assertThat(drafted.finishReason()).isEqualTo(alone.finishReason());
                forced += drafted.statistics().acceptedTokens();
            }
        }
        assertThat(forced).isPositive();
    }

    /// A model that knows what it wants to write, in the tokens of its tokenizer, needs a step for
    /// each token; with drafts it needs none for the names of the fields.
    @Test
    void namesOfFieldsCostNoSteps() throws Exception {
        var shipped = Tokenizer.loadFolder(ROOT.resolve("models/chuan-10m-chat"));
        assertThat(tokensPerStep("chuan-10m-chat", shipped)).isGreaterThan(1.7);
    }

    @Test
    void norWithTheOfficialVocabulary() throws Exception {
        var shared = System.getenv("CHUAN_SHARED");
        var root = shared == null ? ROOT.resolve("../shared") : Path.of(shared);
        var file = root.resolve("golden/tokenizer/tokenizer.model");
        assumeTrue(Files.exists(file), file + " is not here");
        assertThat(tokensPerStep("Baichuan", Tokenizer.load(file))).isGreaterThan(1.7);
    }

    private static double tokensPerStep(String name, Tokenizer tokenizer) throws Exception {
        int[] wanted = tokenizer.encode(ANSWER);
        var backend =
                new FakeBackend(
                        tokenizer.vocabSize(),
                        400,
                        (_, length, out, at) ->
                                out[at + wanted[Math.min(length - 3, wanted.length - 1)]] = 10);
        int[] steps = new int[1];
        backend.watcher = _ -> steps[0]++;
        var constraint = new Constraints(tokenizer).jsonSchema(TEN_FIELDS);
        var request = request(constraint, SamplingOptions.greedy());
        var result = answer(backend, tokenizer, request, Speculation.ALWAYS);
        assertThat(result.text()).isEqualTo(ANSWER);
        var statistics = result.statistics();
        System.out.printf(
                "%s: %d tokens in %d steps, %d of %d drafted tokens right%n",
                name,
                result.ids().size(),
                steps[0],
                statistics.acceptedTokens(),
                statistics.draftedTokens());
        return (double) result.ids().size() / steps[0];
    }
}
