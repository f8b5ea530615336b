package chuan.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import chuan.files.GgufExport;
import chuan.files.GgufFile;
import chuan.files.MalformedFileException;
import chuan.files.ModelFolder;
import chuan.files.ParallelReads;
import chuan.files.QuantType;
import chuan.files.WriteProgress;
import chuan.golden.GoldenModel;
import chuan.kernel.KernelSelector;
import chuan.model.KvType;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Wherever weights live, they are the same numbers.
class PlacementTest {
    private static final long SEED = Long.getLong("chuan.seed", 11);
    private static final int TOKENS = 40;

    @TempDir private Path temporary = Path.of("");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tiny-alibi-bf16",
                "tiny-llama-gqa",
                "gguf/models/baichuan-alibi40/Q4_0.gguf",
                "gguf/models/llama-gqa/F16.gguf",
                "gguf/models/llama-gqa/Q4_0.gguf",
                "gguf/models/llama-gqa/Q8_0.gguf",
                "gguf/models/llama-gqa-256/Q4_K_M.gguf"
            })
    void exactActivationsMeetTheSameWeights(String name) {
        var folder = ModelFolder.open(GoldenModel.folder(name));
        float[] expected = logits(folder, Placement.MAPPED, ActivationType.F32);
        for (var placement : new Placement[] {Placement.ARRANGED, Placement.COPIED})
            assertSame(logits(folder, placement, ActivationType.F32), expected);
    }

    /// llama.cpp's blocks that become panels at load are what `chuan quantize` would have written.
    @ParameterizedTest
    @CsvSource({
        "tiny-alibi, Q4_0, INT4",
        "tiny-rope, Q8_0, INT8",
        "gguf/models/llama-gqa/F16.gguf, Q4_0, INT4",
        "gguf/models/llama-gqa/F16.gguf, Q8_0, INT8"
    })
    void panelsMadeAtLoadAreThoseOfTheConvertedFile(String name, QuantType blocks, QuantType ours)
            throws Exception {
        Path file = temporary.resolve("blocks.gguf");
        Path converted = temporary.resolve("ours.gguf");
        write(ModelFolder.open(GoldenModel.folder(name)), blocks, file);
        write(ModelFolder.open(file), ours, converted);
        float[] expected =
                logits(ModelFolder.open(converted), Placement.MAPPED, ActivationType.INT8);
        var stored = ModelFolder.open(file);
        for (var placement : new Placement[] {Placement.ARRANGED, Placement.COPIED})
            assertSame(logits(stored, placement, ActivationType.INT8), expected);
        var panels = ModelFolder.open(converted);
        assertSame(logits(panels, Placement.COPIED, ActivationType.INT8), expected);
        float[] exact = logits(stored, Placement.MAPPED, ActivationType.INT8);
        assertThat(Arrays.equals(exact, expected)).isFalse();
    }

    /// The plan counts what the loader holds.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "tiny-alibi-bf16",
                "gguf/models/baichuan-alibi40-h12/Q4_0.gguf",
                "gguf/models/llama-gqa/Q8_0.gguf",
                "gguf/models/llama-gqa-256/Q4_K_M.gguf"
            })
    void thePlanCountsWhatIsHeld(String name) {
        var folder = ModelFolder.open(GoldenModel.folder(name));
        for (var placement : Placement.values()) {
            var form = WeightForm.of(WeightType.AS_STORED, placement, ActivationType.INT8);
            try (var loading = new Loading(folder.config().layers())) {
                var weights =
                        folder.weights(
                                new WeightLoader(form, new WeightPlacer(form, 1, true, loading)));
                var sizes = WeightSizes.of(folder, form);
                assertThat(sizes.heldBytes())
                        .as("%s", placement)
                        .isEqualTo(MemoryPlanTest.bytes(weights));
                assertThat(sizes.mappedBytes()).isLessThanOrEqualTo(sizes.heldBytes());
                if (placement == Placement.COPIED) assertThat(sizes.mappedBytes()).isZero();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"MAPPED", "ARRANGED", "COPIED"})
    void damagedWeightsAreRefusedWhereverTheyLive(Placement placement) throws Exception {
        Path file = temporary.resolve("bad.gguf");
        Files.copy(GoldenModel.folder("gguf/models/llama-gqa/Q4_0.gguf"), file);
        var tensor =
                Objects.requireNonNull(GgufFile.open(file).tensors().get("blk.1.attn_q.weight"));
        try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[] {0, 0x7c}), tensor.offset() + 18 * 33);
        }
        var folder = ModelFolder.open(file);
        var options = options(placement, ActivationType.INT8);
        assertThatThrownBy(() -> CpuBackend.load(folder, options))
                .isInstanceOf(MalformedFileException.class)
                .hasMessageContaining("blk.1.attn_q.weight")
                .hasMessageContaining(
                        "the scale at byte "
                                + (tensor.offset() + 18 * 33)
                                + " of the file is Infinity");
    }

    /// A large matrix is not searched: the first product tells, whatever computes it.
    @ParameterizedTest
    @CsvSource({
        "INT4, attn_qkv",
        "INT4, attn_output",
        "INT4, ffn_gate",
        "INT8, ffn_up",
        "INT8, ffn_down",
        "INT4, output",
        "BF16, attn_v",
        "F32, ffn_gate",
        "BF16, output"
    })
    void whatIsNotSearchedIsFoundAtItsFirstUse(QuantType type, String name) throws Exception {
        Path file = temporary.resolve("bad.gguf");
        write(ModelFolder.open(GoldenModel.folder("gguf/models/llama-gqa/F16.gguf")), type, file);
        String full = (name.equals("output") ? name : "blk.1." + name) + ".weight";
        var tensor = Objects.requireNonNull(GgufFile.open(file).tensors().get(full));
        byte[] infinity =
                switch (type) {
                    case F32 -> new byte[] {0, 0, (byte) 0x80, 0x7f};
                    case BF16 -> new byte[] {(byte) 0x80, 0x7f};
                    default -> new byte[] {0, 0x7c};
                };
        long at = type.isOurs() ? 2 * 5L : 7L * infinity.length;
        try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(infinity), tensor.offset() + at);
        }
        var folder = ModelFolder.open(file);
        for (String kernels :
                List.of("scalar", "vector", "avx2", "avx-vnni", "avx512-vnni", "amx")) {
            if (!runsHere(kernels)) continue;
            var options =
                    new CpuOptions(
                            2,
                            KernelSelector.forced(kernels),
                            WeightType.AS_STORED,
                            KvType.F32,
                            ActivationType.INT8);
            boolean panels = type.isOurs();
            boolean searched = panels && List.of("scalar", "vector").contains(kernels);
            if (searched) {
                assertRefused(
                        () -> CpuBackend.load(folder, options, 1, LoadProgress.NONE),
                        full,
                        kernels);
                continue;
            }
            try (var backend = CpuBackend.load(folder, options, 1, LoadProgress.NONE);
                    var cache = backend.newCache(TOKENS)) {
                var out = new float[folder.config().vocab()];
                if (name.equals("output")) {
                    backend.forward(cache, new int[] {1}, 0, 1, 0, out);
                    cache.truncate(0);
                }
                for (int again = 0; again < 2; again++)
                    assertRefused(
                            () -> backend.forward(cache, new int[] {1, 2, 3}, 0, 3, 1, out),
                            full,
                            kernels);
                assertThat(cache.length()).isZero();
            }
        }
    }

    private static void assertRefused(
            ThrowableAssert.ThrowingCallable call, String tensor, String kernels) {
        assertThatThrownBy(call)
                .as(kernels)
                .isInstanceOf(MalformedFileException.class)
                .hasMessageContaining(tensor)
                .hasMessageContaining("is Infinity");
    }

    @Test
    void memoryComesInBlocks() {
        var memory = new WeightMemory();
        var random = new Random(SEED);
        for (int i = 0; i < 50; i++) {
            long bytes = random.nextInt(1, 4 << 20);
            var segment = memory.allocate(bytes);
            assertThat(segment.byteSize()).isEqualTo(bytes);
            assertThat(segment.address() % 64).isZero();
            assertThat(segment.get(java.lang.foreign.ValueLayout.JAVA_BYTE, bytes - 1)).isZero();
            segment.fill((byte) 1);
        }
    }

    private static void write(ModelFolder model, QuantType type, Path file) throws Exception {
        try (var reads = new ParallelReads(2)) {
            new GgufExport(
                            model,
                            GgufExport.typesOf(type, type.embeddings()),
                            type.isOurs(),
                            Map.of(),
                            Map.of(),
                            Optional.empty(),
                            reads)
                    .write(file, WriteProgress.NONE);
        }
    }

    private static boolean runsHere(String kernels) {
        try {
            return KernelSelector.forced(kernels).kernels().name().equals(kernels);
        } catch (IllegalArgumentException _) {
            return false;
        }
    }

    private static void assertSame(float[] actual, float[] expected) {
        assertThat(Arrays.mismatch(actual, expected)).as("first difference").isEqualTo(-1);
    }

    private static CpuOptions options(Placement placement, ActivationType activations) {
        return new CpuOptions(
                2,
                KernelSelector.forced("vector"),
                WeightType.AS_STORED,
                KvType.F32,
                activations,
                placement);
    }

    private static float[] logits(
            ModelFolder folder, Placement placement, ActivationType activations) {
        int vocab = folder.config().vocab();
        int[] ids = new Random(SEED).ints(TOKENS, 0, vocab).toArray();
        var out = new float[TOKENS * vocab];
        try (var backend = CpuBackend.load(folder, options(placement, activations));
                var cache = backend.newCache(TOKENS)) {
            backend.forward(cache, ids, 0, TOKENS, TOKENS, out);
        }
        return out;
    }
}
