package chuan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.cpu.CpuBackend;
import chuan.cpu.CpuOptions;
import chuan.cpu.WeightType;
import chuan.engine.ChatMessage;
import chuan.engine.Engine;
import chuan.engine.EngineOptions;
import chuan.engine.GenerateRequest;
import chuan.engine.GenerateResult;
import chuan.engine.Generation;
import chuan.engine.GenerationEvent;
import chuan.engine.GenerationSettings;
import chuan.engine.SamplingOptions;
import chuan.engine.Scheduler;
import chuan.engine.SchedulerOptions;
import chuan.engine.Speculation;
import chuan.engine.TokenListener;
import chuan.files.ModelFolder;
import chuan.kernel.KernelSelector;
import chuan.model.KvType;
import chuan.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The shipped model under many at once: conversations of several turns over eight connections,
/// which share pages, make room for one another and are drafted. Each gets the tokens that a fresh
/// engine gives it alone.
class SchedulerOnCpuTest {
    private static final int CONNECTIONS = 8;
    private static final int TURNS = 3;
    private static final String[] WORDS = {"蓝牙耳机", "咖啡", "北京", "春天", "5 + 7", "Hello", "数学"};

    @ParameterizedTest
    @EnumSource
    void conversationsNeverMix(KvType kv) throws Exception {
        long seed = Long.getLong("chuan.seed", new SplittableRandom().nextLong());
        System.out.println("seed " + seed);
        var folder =
                ModelFolder.open(
                        Path.of(System.getProperty("chuan.root", ".."))
                                .resolve("models/chuan-10m-chat"));
        var tokenizer = Tokenizer.loadFolder(folder.path());
        var settings = GenerationSettings.of(folder.generation(), folder.config());
        var options = new CpuOptions(2, KernelSelector.select(), WeightType.AS_STORED, kv);
        try (var backend = CpuBackend.load(folder, options);
                var fresh = CpuBackend.load(folder, options)) {
            var engine = new Engine(backend, tokenizer, settings, EngineOptions.defaults());
            var alone = new Engine(fresh, tokenizer, settings, EngineOptions.defaults());
            var scheduling =
                    SchedulerOptions.defaults()
                            .withKvBytes(backend.kvBytes(engine.context()) * 2)
                            .withSpeculation(Speculation.ALWAYS);
            long cached = 0;
            try (var scheduler = new Scheduler(engine, scheduling);
                    var threads = Executors.newVirtualThreadPerTaskExecutor()) {
                var chats = new ArrayList<Future<Long>>();
                for (int c = 0; c < CONNECTIONS; c++) {
                    var random = new SplittableRandom(seed + c);
                    String scope = "scope" + c % 2;
                    chats.add(threads.submit(() -> chat(scheduler, alone, scope, random)));
                }
                for (var chat : chats) cached += chat.get();
            }
            assertThat(cached).as("cached tokens").isPositive();
            assertThat(backend.kvUsedBytes()).isZero();
        }
    }

    /// @return tokens that were not computed again
    private static long chat(
            Scheduler scheduler, Engine alone, String scope, SplittableRandom random)
            throws InterruptedException {
        var messages = new ArrayList<ChatMessage>();
        messages.add(ChatMessage.system("你是一个乐于助人的助手，回答要简短、准确、有礼貌。"));
        long cached = 0;
        for (int turn = 0; turn < TURNS; turn++) {
            String word = WORDS[random.nextInt(WORDS.length)];
            messages.add(ChatMessage.user(word + "，请介绍一下。" + random.nextInt(3)));
            var request = request(alone, messages, random);
            GenerateResult result;
            try (var generation = scheduler.submit(request, scope)) {
                result = finish(generation);
            }
            GenerateResult expected;
            synchronized (alone) {
                expected = alone.generate(request, TokenListener.NONE);
            }
            assertThat(result.ids()).isEqualTo(expected.ids());
            assertThat(result.text()).isEqualTo(expected.text());
            cached += result.statistics().cachedTokens();
            messages.add(ChatMessage.assistant(result.text()));
        }
        return cached;
    }

    private static GenerateRequest request(
            Engine engine, List<ChatMessage> messages, SplittableRandom random) {
        var template = engine.settings().chatTemplate();
        int tokens = 10 + random.nextInt(40);
        var prompt = template.render(messages, engine.tokenizer()::encode, 1024, tokens);
        var sampling =
                random.nextBoolean()
                        ? SamplingOptions.greedy()
                        : SamplingOptions.baichuanChat().withSeed(random.nextInt(1000));
        return engine.request(prompt.ids()).withMaxTokens(tokens).withSampling(sampling);
    }

    private static GenerateResult finish(Generation generation) throws InterruptedException {
        while (true) {
            var event = generation.next(Duration.ofSeconds(60));
            if (event instanceof GenerationEvent.Finished(GenerateResult result)) return result;
            assertThat(event).isNotNull().isNotInstanceOf(GenerationEvent.Failed.class);
        }
    }
}
