package chuan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.cpu.CpuBackend;
import chuan.cpu.CpuOptions;
import chuan.engine.ChatMessage;
import chuan.engine.Engine;
import chuan.engine.FinishReason;
import chuan.engine.GenerateRequest;
import chuan.engine.GenerationSettings;
import chuan.engine.TokenListener;
import chuan.engine.constrain.Constraints;
import chuan.files.ModelFolder;
import chuan.tokenizer.Tokenizer;
import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The shipped model, which knows nothing of JSON, answers twenty schemas, ten times each: every
/// answer ends by itself and is valid for a validator that is not ours.
class StructuredAnswersTest {
    private static final Path ROOT = Path.of(System.getProperty("chuan.root", ".."));
    private static final int RUNS = 10;
    private static final int MOST_TOKENS = 600;

    @Test
    void everyAnswerIsValid() throws Exception {
        var folder = ModelFolder.open(ROOT.resolve("models/chuan-10m-chat"));
        var tokenizer = Tokenizer.loadFolder(folder.path());
        var constraints = new Constraints(tokenizer);
        var judge = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
        var faults = new ArrayList<String>();
        int answers = 0;
        try (var backend = CpuBackend.load(folder, CpuOptions.defaults())) {
            var engine = new Engine(backend, tokenizer, folder.generation());
            var settings = GenerationSettings.of(folder.generation(), folder.config());
            for (String schema : Files.readAllLines(ROOT.resolve("testdata/schemas.jsonl"))) {
                var constraint = constraints.jsonSchema(schema);
                var question = List.of(ChatMessage.user("请按照格式回答：" + schema));
                var prompt =
                        settings.chatTemplate()
                                .render(question, tokenizer::encode, engine.context(), MOST_TOKENS);
                for (int run = 0; run < RUNS; run++) {
                    var request =
                            new GenerateRequest(
                                            prompt.ids(),
                                            false,
                                            MOST_TOKENS,
                                            List.of(),
                                            engine.chatStops(settings.chatTemplate()),
                                            settings.sampling().withSeed(run),
                                            -1)
                                    .withConstraint(constraint);
                    var result = engine.generate(request, TokenListener.NONE);
                    var found = judge.getSchema(schema).validate(result.text(), InputFormat.JSON);
                    answers++;
                    if (result.finishReason() != FinishReason.STOP || !found.isEmpty())
                        faults.add(schema + " -> " + result.text() + " " + found);
                }
            }
        }
        System.out.printf("%d of %d answers valid%n", answers - faults.size(), answers);
        assertThat(faults).isEmpty();
        assertThat(answers).isEqualTo(200);
    }
}
