package chuan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.engine.Cancellation;
import chuan.engine.ChatCall;
import chuan.engine.ChatMessage;
import chuan.engine.ChatReply;
import chuan.engine.Chuan;
import chuan.engine.Engine;
import chuan.engine.FinishReason;
import chuan.engine.GenerateResult;
import chuan.engine.LanguageModel;
import chuan.engine.Perplexity;
import chuan.engine.tools.Tool;
import chuan.engine.tools.ToolCall;
import chuan.engine.tools.ToolChoice;
import chuan.load.LoadOptions;
import chuan.tokenizer.NormalizerSettings;
import chuan.tokenizer.PieceKind;
import chuan.tokenizer.SentencePieceFile;
import chuan.tokenizer.SentencePieceModel;
import chuan.tokenizer.SentencePieceModel.Piece;
import chuan.tokenizer.SentencePieceModel.TrainingRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The code of docs/embedding.md, compiled and run on a tiny model with random weights.
class EmbeddingExampleTest {
    private static final Path ROOT = Path.of(System.getProperty("chuan.root", ".."));

    private final List<String> shown = new ArrayList<>();

    private static void fiveLines(Path path) {
        try (var model = Chuan.open(path)) {
            model.chat("你好！").maxTokens(20).stream(System.out::print);
        }
    }

    private void open(Path path) throws Exception {
        var options = LoadOptions.defaults().withThreads(2).withContext(256);
        try (var model = Chuan.open(path, options)) {
            System.out.println(model.description());
            use(model);
        }
    }

    private void use(LanguageModel model) throws Exception {
        talk(model);
        continueText(model);
        pieces(model);
        stop(model);
        together(model);
        compare(model);
        measure(model.engine(), List.of("山外有山。", "A hill."));
    }

    private static void talk(LanguageModel model) {
        var call = model.chat("你好！").system("你是一个乐于助人的助手。").maxTokens(30);
        ChatReply reply = call.stream(System.out::print);
        reply = reply.then("Tell me a short story.").stream(System.out::print);
        if (reply.droppedMessages() > 0) System.out.println("(the oldest were left out)");
        var statistics = reply.result().statistics();
        System.out.println(statistics.cachedTokens() + " tokens were still there");
        List<ChatMessage> saved = reply.messages();
        reply = model.chat("为什么？").history(saved).maxTokens(30).run();
        assertThat(statistics.cachedTokens()).isPositive();
        assertThat(reply.messages()).hasSize(7);
    }

    private void continueText(LanguageModel model) {
        GenerateResult result =
                model.complete("从前有一座山，")
                        .maxTokens(40)
                        .stop("\n\n", "。")
                        .sampling(own -> own.withTemperature(1).withTopP(0.9))
                        .seed(42)
                        .run();
        System.out.println(result.text());
        System.out.println(result.finishReason() + ", seed " + result.seed());
        shown.add(result.text());
    }

    private static void tools(LanguageModel model) {
        var weather =
                new Tool(
                        "weather",
                        "查询天气",
                        """
                        {"type": "object", "properties": {"city": {"enum": ["北京", "上海"]}},
                         "required": ["city"]}\
                        """);
        ChatReply asked =
                model.chat("北京天气怎么样？")
                        .tools(weather)
                        .toolChoice(new ToolChoice.Required())
                        .maxTokens(100)
                        .run();
        var results = new ArrayList<String>();
        for (ToolCall call : asked.calls()) {
            System.out.println(call.name() + " " + call.arguments());
            results.add("晴，25 度"); // what the program finds out
        }
        ChatReply answer = asked.results(results).stream(System.out::print);
        assertThat(asked.calls().getFirst().name()).isEqualTo("weather");
        assertThat(asked.calls().getFirst().arguments()).matches("\\{\"city\": ?\"(北京|上海)\"\\}");
        assertThat(answer.text()).isNotBlank();
    }

    private static void pieces(LanguageModel model) {
        try (Stream<String> pieces = model.chat("Count to ten.").maxTokens(30).stream()) {
            pieces.limit(5).forEach(System.out::print);
        }
    }

    private static void stop(LanguageModel model) {
        var cancellation = new Cancellation();
        cancellation.cancel(); // ten seconds are too long for a test
        var timer = Executors.newSingleThreadScheduledExecutor();
        timer.schedule(cancellation::cancel, 10, TimeUnit.SECONDS);
        var result = model.complete("One, two,").cancelledBy(cancellation).run();
        timer.shutdownNow();
        if (result.finishReason() == FinishReason.CANCELLED) System.out.println("(enough)");
        assertThat(result.finishReason()).isEqualTo(FinishReason.CANCELLED);
    }

    private static void together(LanguageModel model) throws Exception {
        ChatCall brief = model.chat("Is 7 a prime?").maxTokens(20);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<ChatReply> first = threads.submit(() -> brief.run());
            Future<ChatReply> second = threads.submit(() -> brief.temperature(0).run());
            System.out.println(first.get() + " / " + second.get());
        }
    }

    private static void compare(LanguageModel model) {
        float[] hill = model.embed("山外有山。");
        float[] mountain = model.embed("A mountain.");
        double cosine = 0;
        for (int i = 0; i < hill.length; i++) cosine += hill[i] * mountain[i];
        System.out.printf("%.3f%n", cosine);
        assertThat(cosine).isBetween(-1.001, 1.001);
    }

    private static void measure(Engine engine, List<String> documents) {
        var backend = engine.backend();
        var tokenizer = engine.tokenizer();
        var protocol = Perplexity.of(backend, tokenizer);
        var result = protocol.measure(backend, tokenizer, documents, _ -> {}, new Cancellation());
        System.out.printf("%.3f bits per byte (%s)%n", result.bitsPerByte(), protocol);
        assertThat(result.documents()).isEqualTo(2);
    }

    @Test
    void theExampleRuns(@TempDir Path folder) throws Exception {
        for (String name : List.of("config.json", "generation_config.json", "model.safetensors"))
            Files.copy(ROOT.resolve("testdata/golden/tiny-alibi/" + name), folder.resolve(name));
        SentencePieceFile.write(bytes(512), folder.resolve("tokenizer.model"));
        fiveLines(folder);
        open(folder);
        assertThat(shown).isNotEmpty();
    }

    /// Tools need more room than the tiny model has.
    @Test
    void theExampleOfToolsRuns() {
        try (var model = Chuan.open(ROOT.resolve("models/chuan-10m-chat"))) {
            tools(model);
        }
    }

    /// A vocabulary of single bytes, filled up to `size`.
    private static SentencePieceModel bytes(int size) {
        var pieces = new ArrayList<Piece>();
        pieces.add(new Piece("<unk>", 0, PieceKind.UNKNOWN));
        pieces.add(new Piece("<s>", 0, PieceKind.CONTROL));
        pieces.add(new Piece("</s>", 0, PieceKind.CONTROL));
        while (pieces.size() < 200)
            pieces.add(new Piece("<reserved_" + pieces.size() + ">", 0, PieceKind.USER_DEFINED));
        for (int b = 0; b < 256; b++)
            pieces.add(new Piece("<0x%02X>".formatted(b), 0, PieceKind.BYTE));
        pieces.add(new Piece("\u2581", -1, PieceKind.NORMAL));
        while (pieces.size() < size)
            pieces.add(new Piece("\u2581piece" + pieces.size(), -2, PieceKind.NORMAL));
        return new SentencePieceModel(
                "bytes",
                pieces,
                NormalizerSettings.identity(),
                true,
                false,
                " \u2047 ",
                new TrainingRecord(
                        16, 1, true, true, true, false, false, "<unk>", "<s>", "</s>", "<pad>"));
    }

    @Test
    void thePageShowsThisCode() throws IOException {
        var page = Files.readString(ROOT.resolve("docs/embedding.md"));
        var source =
                withoutIndent(
                        Files.readString(
                                ROOT.resolve(
                                        "chuan-cli/src/test/java/chuan/cli/EmbeddingExampleTest.java")));
        var blocks = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(page);
        int count = 0;
        while (blocks.find()) {
            for (String line : blocks.group(1).split("\n")) {
                if (!line.isBlank()) assertThat(source).as("not compiled").contains(line.strip());
            }
            count++;
        }
        assertThat(count).isEqualTo(10);
    }

    private static List<String> withoutIndent(String source) {
        return source.lines().map(String::strip).toList();
    }
}
