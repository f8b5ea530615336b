package chuan.bench;

import chuan.cpu.CpuBackend;
import chuan.cpu.CpuOptions;
import chuan.engine.ChatMessage;
import chuan.engine.Engine;
import chuan.engine.EngineOptions;
import chuan.engine.Generation;
import chuan.engine.GenerationEvent;
import chuan.engine.GenerationSettings;
import chuan.engine.SamplingOptions;
import chuan.engine.Scheduler;
import chuan.engine.SchedulerOptions;
import chuan.engine.Speculation;
import chuan.engine.TokenListener;
import chuan.files.ModelFolder;
import chuan.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// Tokens per second of many streams beside one, in the same process and in turns: the engine
/// alone, the scheduler with 1, 4 and 16 readers, with and without drafts.
///
/// Run: `java -cp ... chuan.bench.ServingBench MODEL [TOKENS] [ROUNDS]`.
public final class ServingBench {
    private static final String[] QUESTIONS = {
        "请写一封产品推广邮件，介绍一款新的蓝牙耳机。",
        "为一家咖啡店写三条广告语。",
        "小明有12个苹果，给了小红5个，又买了8个，现在有多少个？",
        "“内卷”是什么意思？",
        "Write a short story about a river.",
        "用一句话解释什么是光合作用。",
        "列出五种健康的早餐。",
        "介绍一下北京的历史。"
    };

    private final Engine engine;
    private final int tokens;
    private long asked;

    private ServingBench(Engine engine, int tokens) {
        this.engine = engine;
        this.tokens = tokens;
    }

    public static void main(String[] args) throws Exception {
        var path = Path.of(args[0]);
        int tokens = args.length > 1 ? Integer.parseInt(args[1]) : 256;
        int rounds = args.length > 2 ? Integer.parseInt(args[2]) : 3;
        var folder = ModelFolder.open(path);
        try (var backend = CpuBackend.load(folder, CpuOptions.defaults())) {
            System.out.println(backend.description());
            var settings = GenerationSettings.of(folder.generation(), folder.config());
            var engine = new Engine(backend, tokenizer(path), settings, EngineOptions.defaults());
            var bench = new ServingBench(engine, tokens);
            for (int round = 0; round < rounds; round++) bench.round();
        }
    }

    private static Tokenizer tokenizer(Path path) throws IOException {
        return Tokenizer.loadFolder(path);
    }

    private void round() throws Exception {
        for (var sampling : List.of(SamplingOptions.greedy(), SamplingOptions.baichuanChat())) {
            String how = sampling.temperature() == 0 ? "greedy" : "drawn";
            double alone = alone(sampling);
            var line = new StringBuilder("%-6s engine %6.0f".formatted(how, alone));
            for (var speculation : List.of(Speculation.OFF, Speculation.AUTO)) {
                for (int streams : new int[] {1, 4, 16})
                    line.append(
                            "  %s x%d %s"
                                    .formatted(
                                            speculation,
                                            streams,
                                            many(sampling, speculation, streams)));
            }
            System.out.println(line);
        }
    }

    private chuan.engine.GenerateRequest request(SamplingOptions sampling) {
        var question = QUESTIONS[(int) (asked % QUESTIONS.length)] + " " + asked;
        asked++;
        var prompt =
                engine.settings()
                        .chatTemplate()
                        .render(
                                List.of(ChatMessage.user(question)),
                                engine.tokenizer()::encode,
                                engine.context(),
                                tokens);
        return engine.request(prompt.ids())
                .withMaxTokens(tokens)
                .withStopIds(Set.of())
                .withSampling(sampling.withSeed(asked));
    }

    private double alone(SamplingOptions sampling) {
        long start = System.nanoTime();
        int sum = 0;
        for (int i = 0; i < 2; i++)
            sum +=
                    engine.generate(request(sampling), TokenListener.NONE)
                            .statistics()
                            .generatedTokens();
        return sum / ((System.nanoTime() - start) * 1e-9);
    }

    private String many(SamplingOptions sampling, Speculation speculation, int streams)
            throws InterruptedException, ExecutionException {
        var options = SchedulerOptions.defaults().withSpeculation(speculation);
        try (var scheduler = new Scheduler(engine, options);
                var readers = Executors.newVirtualThreadPerTaskExecutor()) {
            long start = System.nanoTime();
            var results = new ArrayList<Future<Integer>>();
            for (int i = 0; i < streams; i++) {
                var generation = scheduler.submit(request(sampling), "");
                results.add(readers.submit(() -> read(generation)));
            }
            int sum = 0;
            for (var result : results) sum += result.get();
            double seconds = (System.nanoTime() - start) * 1e-9;
            var statistics = scheduler.statistics();
            return String.format(
                    Locale.ROOT,
                    "%6.0f (steps %.0f%%%s)",
                    sum / seconds,
                    100 * statistics.stepSeconds() / seconds,
                    statistics.draftedTokens() == 0
                            ? ""
                            : String.format(
                                    Locale.ROOT,
                                    ", %d of %d drafted",
                                    statistics.acceptedTokens(),
                                    statistics.draftedTokens()));
        }
    }

    private static int read(Generation generation) throws InterruptedException {
        int tokens = 0;
        while (true) {
            var event = generation.next(Duration.ofMinutes(10));
            if (event instanceof GenerationEvent.Delta(_, var chosen)) tokens += chosen.size();
            if (event instanceof GenerationEvent.Finished) return tokens;
            if (event == null || event instanceof GenerationEvent.Failed)
                throw new IllegalStateException("ended with " + event);
        }
    }
}
