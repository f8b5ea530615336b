package chuan.engine;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.files.GenerationConfig;
import chuan.files.Json;
import chuan.files.JsonFields;
import chuan.files.ModelFolder;
import chuan.model.ReferenceBackend;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The engine on a real decoder: the official code's greedy continuations.
class EngineGoldenTest {

    @ParameterizedTest
    @ValueSource(strings = {"tiny-alibi", "tiny-rope", "tiny-alibi2"})
    void greedyTextIsThatOfTheOfficialCode(String model) {
        var folder = ModelFolder.open(Golden.file(model));
        var tokenizer = Toys.byteTokenizer(folder.config().vocab());
        var settings = GenerationSettings.of(folder.generation(), folder.config());
        try (var backend = new ReferenceBackend(folder.config(), folder.rows())) {
            var engine = new Engine(backend, tokenizer, settings, new EngineOptions(0, 10));
            for (JsonFields greedy : greedy(model)) {
                var request =
                        engine.request(Golden.ints(greedy, "prompt_ids"))
                                .withSampling(SamplingOptions.greedy())
                                .withStopIds(Set.of())
                                .withMaxTokens(32);
                var result = engine.generate(request, TokenListener.NONE);
                assertThat(result.ids().stream().mapToInt(i -> i).toArray())
                        .as(model)
                        .isEqualTo(Golden.ints(greedy, "kv_cache"));
                assertThat(result.finishReason()).isEqualTo(FinishReason.LENGTH);
            }
        }
    }

    static List<JsonFields> greedy(String model) {
        var file = Golden.file(model).resolve("golden.json");
        var items = new JsonFields(file, Json.readObject(file)).find("greedy").orElseThrow();
        return ((Json.Arr) items)
                .items().stream().map(i -> new JsonFields(file, (Json.Obj) i)).toList();
    }

    @Test
    void settingsAreThoseOfTheFile() {
        var folder = ModelFolder.open(Golden.file("tiny-alibi"));
        var settings = GenerationSettings.of(folder.generation(), folder.config());
        assertThat(settings)
                .isEqualTo(
                        new GenerationSettings(
                                Set.of(2),
                                2048,
                                SamplingOptions.baichuanChat(),
                                true,
                                ChatTemplate.baichuan()));
    }

    @Test
    void theChatFormatIsWhatTheFileSaysOrElseTheModelIs() {
        var one = ModelFolder.open(Golden.file("tiny-alibi")).config();
        var two = ModelFolder.open(Golden.file("tiny-alibi2")).config();
        var file = GenerationConfig.baichuanChat();
        var formats =
                Stream.of(
                                GenerationSettings.of(file, one),
                                GenerationSettings.of(file, two),
                                GenerationSettings.of(file.withChatFormat(2), one),
                                GenerationSettings.of(file.withChatFormat(1), two))
                        .map(s -> s.chatTemplate().format());
        assertThat(formats)
                .containsExactly(
                        ChatTemplate.Format.V1,
                        ChatTemplate.Format.V2,
                        ChatTemplate.Format.V2,
                        ChatTemplate.Format.V1);
    }
}
