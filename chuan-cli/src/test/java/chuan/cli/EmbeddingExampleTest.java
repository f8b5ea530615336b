package chuan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.cpu.CpuBackend;
import chuan.cpu.CpuOptions;
import chuan.engine.Cancellation;
import chuan.engine.ChatSession;
import chuan.engine.Engine;
import chuan.engine.FinishReason;
import chuan.engine.GenerateResult;
import chuan.engine.Perplexity;
import chuan.engine.SamplingOptions;
import chuan.files.ModelFolder;
import chuan.model.Backend;
import chuan.tokenizer.NormalizerSettings;
import chuan.tokenizer.PieceKind;
import chuan.tokenizer.SentencePieceFile;
import chuan.tokenizer.SentencePieceModel;
import chuan.tokenizer.SentencePieceModel.Piece;
import chuan.tokenizer.SentencePieceModel.TrainingRecord;
import chuan.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The code of docs/embedding.md, compiled and run on a tiny model with random weights.
class EmbeddingExampleTest {
    private static final Path ROOT = Path.of(System.getProperty("chuan.root", ".."));

    private final List<String> shown = new ArrayList<>();

    private void open(Path path) throws IOException {
        var folder = ModelFolder.open(path);
        var tokenizer = Tokenizer.loadFolder(path);
        try (var backend = CpuBackend.load(folder, CpuOptions.defaults())) {
            var engine = new Engine(backend, tokenizer, folder.generation());
            System.out.println(backend.description());
            use(engine);
        }
    }

    private void use(Engine engine) {
        continueText(engine);
        talk(engine);
        stop(engine);
        measure(engine.backend(), engine.tokenizer(), List.of("山外有山。", "A hill."));
    }

    private void continueText(Engine engine) {
        var request =
                engine.request("从前有一座山，")
                        .withMaxTokens(40)
                        .withStop(List.of("\n\n"))
                        .withSampling(SamplingOptions.pure().withTopP(0.9).withSeed(42));
        GenerateResult result = engine.generate(request, System.out::print);
        System.out.println(result.finishReason() + ", seed " + result.seed());
        assertThat(engine.generate(request, shown::add).text()).isEqualTo(result.text());
        assertThat(String.join("", shown)).isEqualTo(result.text());
    }

    private static void talk(Engine engine) {
        try (ChatSession chat = engine.chat()) {
            chat.setMaxTokens(30); // a model with random weights would not stop
            chat.setSystem("你是一个乐于助人的助手。");
            ChatSession.Reply reply = chat.reply("你好！", System.out::print);
            if (reply.truncated())
                System.out.println("(the beginning of the question was left out)");
            reply = chat.reply("Tell me a short story.", System.out::print);
            var statistics = reply.result().statistics();
            System.out.println(statistics.cachedTokens() + " tokens were still there");
            assertThat(statistics.cachedTokens()).isPositive();
        }
    }

    private static void stop(Engine engine) {
        var cancellation = new Cancellation();
        cancellation.cancel(); // ten seconds are too long for a test
        var timer = Executors.newSingleThreadScheduledExecutor();
        timer.schedule(cancellation::cancel, 10, TimeUnit.SECONDS);
        var result = engine.generate(engine.request("One, two,"), System.out::print, cancellation);
        timer.shutdownNow();
        if (result.finishReason() == FinishReason.CANCELLED) System.out.println("(enough)");
        assertThat(result.finishReason()).isEqualTo(FinishReason.CANCELLED);
    }

    private static void measure(Backend backend, Tokenizer tokenizer, List<String> documents) {
        var protocol = Perplexity.of(backend, tokenizer);
        var result = protocol.measure(backend, tokenizer, documents, _ -> {}, new Cancellation());
        System.out.printf("%.3f bits per byte (%s)%n", result.bitsPerByte(), protocol);
        assertThat(result.documents()).isEqualTo(2);
    }

    @Test
    void theExampleRuns(@TempDir Path folder) throws IOException {
        for (String name : List.of("config.json", "generation_config.json", "model.safetensors"))
            Files.copy(ROOT.resolve("testdata/golden/tiny-alibi/" + name), folder.resolve(name));
        SentencePieceFile.write(bytes(512), folder.resolve("tokenizer.model"));
        open(folder);
        assertThat(shown).isNotEmpty();
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
        assertThat(count).isEqualTo(5);
    }

    private static List<String> withoutIndent(String source) {
        return source.lines().map(String::strip).toList();
    }
}
