package chuan.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import chuan.golden.GoldenModel;
import chuan.model.Decoder;
import chuan.model.ModelConfig;
import chuan.model.Position;
import chuan.model.ReferenceOps;
import chuan.model.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Folders as people have them: opened, refused, written. Damaged files: [DamagedFilesTest].
class ModelFolderTest {
    @TempDir Path temporary;

    @Test
    void aFolderTellsWhatItHolds() {
        var folder = ModelFolder.open(GoldenModel.folder("tiny-alibi"));
        assertThat(folder.parameters()).isEqualTo(430_752);
        assertThat(folder.weightBytes()).isEqualTo(4 * folder.parameters());
        assertThat(folder.generation()).isEqualTo(GenerationConfig.baichuanChat());
        assertThat(folder.positionReason()).startsWith("ALiBi").contains("model_max_length");
        assertThat(folder.tokenizer()).isEmpty();
        assertThat(ModelFolder.open(GoldenModel.folder("tiny-rope")).generation().userTokenId())
                .isEqualTo(-1);
    }

    @Test
    void computedBuffersAreIgnored() {
        var folder = ModelFolder.open(GoldenModel.folder("tiny-llama"));
        assertThat(folder.stored()).containsKey("model.layers.0.self_attn.rotary_emb.inv_freq");
        assertThat(folder.weightBytes()).isEqualTo(4 * folder.parameters());
    }

    @Test
    void separateQueriesKeysAndValuesComePacked() {
        var folder = ModelFolder.open(GoldenModel.folder("tiny-llama-gqa"));
        var c = folder.config();
        float[] packed =
                folder.tensor("model.layers.1.self_attn.W_pack.weight", c.qkvWidth(), c.hidden())
                        .toFloats();
        int at = 0;
        for (char part : "qkv".toCharArray()) {
            var name = "model.layers.1.self_attn." + part + "_proj.weight";
            float[] values = folder.tensor(name, part == 'q' ? 64 : 16, 64).toFloats();
            for (float value : values) assertThat(packed[at++]).isEqualTo(value);
        }
        assertThat(at).isEqualTo(packed.length);
    }

    @Test
    void rowsOfANormalizedHeadHaveLengthOne() {
        var folder = ModelFolder.open(GoldenModel.folder("tiny-alibi2"));
        for (float[] row : folder.rows().output()) {
            double sum = 0;
            for (float v : row) sum += (double) v * v;
            assertThat(Math.sqrt(sum)).isBetween(1 - 1e-6, 1 + 1e-6);
        }
    }

    @Test
    void theUserMayOverruleThePositionScheme() {
        var rope = new Position.Rope(10_000);
        var folder = ModelFolder.open(GoldenModel.folder("tiny-alibi"), Optional.of(rope));
        assertThat(folder.config().position()).isEqualTo(rope);
        assertThat(folder.positionReason()).contains("as asked for");
    }

    @Test
    void missingTensorsAndForeignOnesAreNamed() {
        var path = Folders.copy("tiny-alibi", temporary);
        var config = path.resolve("config.json");
        Folders.edit(config, keys -> keys.put("num_hidden_layers", new Json.Num("4")));
        refused(path, "tensor model.layers.3.input_layernorm.weight: is missing");
        Folders.edit(config, keys -> keys.put("num_hidden_layers", new Json.Num("2")));
        refused(path, "tensor model.layers.2.input_layernorm.weight: has no place in the model");
        Folders.edit(
                config,
                keys -> {
                    keys.put("num_hidden_layers", new Json.Num("3"));
                    keys.put("intermediate_size", new Json.Num("255"));
                });
        refused(
                path,
                "tensor model.layers.0.mlp.gate_proj.weight: has shape [256, 96], but config.json"
                        + " asks for [255, 96]");
    }

    @Test
    void foldersWithoutTheirPartsSayWhatIsMissing() throws IOException {
        refused(temporary.resolve("absent"), "no such model folder");
        refused(temporary, "holds no config.json");
        Files.copy(
                GoldenModel.folder("tiny-alibi").resolve("config.json"),
                temporary.resolve("config.json"));
        refused(temporary, "holds no weights: expected model.safetensors, pytorch_model.bin or");
    }

    private static void refused(Path folder, String reason) {
        assertThatThrownBy(() -> ModelFolder.open(folder))
                .isInstanceOf(MalformedFileException.class)
                .hasMessageContaining(folder.getFileName().toString())
                .hasMessageContaining(reason);
    }

    @Test
    void aWrittenFolderOpensAsTheSameModel() throws IOException {
        var random = new Random(5);
        var grouped =
                new ModelConfig(
                        60,
                        24,
                        40,
                        2,
                        6,
                        2,
                        8,
                        512,
                        1e-5f,
                        new Position.Rope(20_000),
                        false,
                        true,
                        0);
        var plain = ModelConfig.baichuan(60, 20, 33, 2, 5, new Position.Alibi());
        for (var config : List.of(plain, grouped)) {
            var values =
                    Weights.<float[][]>of(
                            config,
                            (_, shape) -> {
                                int rows = shape.length == 1 ? 1 : (int) shape[0];
                                var out = new float[rows][(int) shape[shape.length - 1]];
                                for (float[] row : out)
                                    for (int i = 0; i < row.length; i++)
                                        row[i] = (float) random.nextGaussian();
                                return out;
                            });
            var target = temporary.resolve("nested").resolve("model");
            var tokenizer = temporary.resolve("tokenizer.model");
            Files.writeString(tokenizer, "pieces");
            for (int i = 0; i < 2; i++)
                writer(config, values, List.of(tokenizer), 4000).write(target);

            var folder = ModelFolder.open(target);
            assertThat(folder.config()).isEqualTo(config);
            assertThat(folder.generation()).isEqualTo(GenerationConfig.baichuanChat());
            assertThat(folder.tokenizer()).hasValue(target.resolve("tokenizer.model"));
            assertThat(target.resolve("model.safetensors.index.json")).exists();
            int[] ids = {1, 5, 59, 3};
            assertThat(
                            new Decoder<>(config, folder.rows())
                                    .logits(new ReferenceOps(config), ids, ids(4)))
                    .isDeepEqualTo(
                            new Decoder<>(config, values)
                                    .logits(new ReferenceOps(config), ids, ids(4)));
            try (var left = Files.list(temporary.resolve("nested"))) {
                assertThat(left).containsExactly(target);
            }
        }
    }

    private static int[] ids(int count) {
        return IntStream.range(0, count).toArray();
    }

    private static ModelFolderWriter writer(
            ModelConfig config, Weights<float[][]> values, List<Path> extra, long shardBytes) {
        var inOrder = new ArrayList<float[][]>();
        inOrder.add(values.embedding());
        for (var b : values.blocks())
            inOrder.addAll(
                    List.of(
                            b.attentionNorm(),
                            b.qkv(),
                            b.attentionOut(),
                            b.mlpNorm(),
                            b.gate(),
                            b.up(),
                            b.down()));
        inOrder.add(values.finalNorm());
        inOrder.add(values.output());
        var order = new ArrayList<String>();
        Weights.of(
                config,
                (name, _) -> {
                    order.add(name);
                    return name;
                });
        return new ModelFolderWriter(
                config,
                GenerationConfig.baichuanChat(),
                DType.F32,
                (name, _) -> {
                    float[][] rows = inOrder.get(order.indexOf(name));
                    return (from, out, count) -> {
                        for (int i = 0; i < count; i++) {
                            int at = Math.toIntExact(from + i);
                            out[i] = rows[at / rows[0].length][at % rows[0].length];
                        }
                    };
                },
                extra,
                Map.of("format", "pt"),
                shardBytes);
    }
}
