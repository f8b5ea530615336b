package chuan.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsTest {
    @TempDir Path folder;

    @Test
    void whatIsWrittenIsReadBack() throws IOException {
        var random = new Random(3);
        var values = new float[300_007];
        for (int i = 0; i < values.length; i++) values[i] = (float) random.nextGaussian();
        var file = folder.resolve("m.safetensors");
        SafetensorsWriter.write(
                file,
                Map.of("format", "pt", "note", "\"quoted\" \u5ddd\n"),
                List.of(
                        TensorSource.of("single", DType.F32, new long[] {values.length}, values),
                        TensorSource.of("empty", DType.F32, new long[] {0, 5}, new float[0]),
                        TensorSource.of("brain", DType.BF16, new long[] {1, values.length}, values),
                        TensorSource.of("half", DType.F16, new long[] {values.length, 1}, values)));
        var read = SafetensorsFile.open(file);
        assertThat(read.metadata()).containsEntry("note", "\"quoted\" \u5ddd\n");
        assertThat(read.tensors().keySet()).containsExactly("single", "empty", "brain", "half");
        assertThat(tensor(read, "single").offset() % 64).isZero();
        assertThat(tensor(read, "single").toFloats()).isEqualTo(values);
        float[] brain = tensor(read, "brain").toFloats();
        float[] half = tensor(read, "half").toFloats();
        for (int i = 0; i < values.length; i++) {
            assertThat(brain[i]).isEqualTo(DType.fromBf16(DType.toBf16(values[i])));
            assertThat(half[i]).isEqualTo(Float.float16ToFloat(Float.floatToFloat16(values[i])));
        }
    }

    @Test
    void shardsAreSplitBySizeAndListedInAnIndex() throws IOException {
        var tensors =
                List.of(
                        TensorSource.of("a", DType.F32, new long[] {4}, new float[] {1, 2, 3, 4}),
                        TensorSource.of("b", DType.F32, new long[] {2}, new float[] {5, 6}),
                        TensorSource.of("c", DType.F32, new long[] {3}, new float[] {7, 8, 9}));
        SafetensorsWriter.writeSharded(folder, Map.of(), tensors, 24);
        var read = WeightFiles.open(folder);
        assertThat(read.keySet()).containsExactly("a", "b", "c");
        assertThat(Files.exists(folder.resolve("model-00002-of-00002.safetensors"))).isTrue();
        assertThat(read.values().stream().map(t -> t.file().getFileName().toString()).toList())
                .containsExactly(
                        "model-00001-of-00002.safetensors",
                        "model-00001-of-00002.safetensors",
                        "model-00002-of-00002.safetensors");
    }

    @Test
    void aFailureInTheMiddleLeavesTheOldFileAndNoOther() throws IOException {
        var file = folder.resolve("m.safetensors");
        var good = TensorSource.of("a", DType.F32, new long[] {1}, new float[] {42});
        SafetensorsWriter.write(file, Map.of(), List.of(good));
        byte[] before = Files.readAllBytes(file);
        var bad =
                TensorSource.of(
                        "b",
                        DType.F32,
                        new long[] {1 << 20},
                        (from, _, _) -> {
                            if (from > 100_000) throw new IllegalStateException("disk full");
                        });
        assertThatThrownBy(() -> SafetensorsWriter.write(file, Map.of(), List.of(good, bad)))
                .hasMessage("disk full");
        assertThat(Files.readAllBytes(file)).isEqualTo(before);
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "0 | {'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}} | cut short",
                "8 | {'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}} | 4 bytes behind the last",
                "8 | {'a':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}} | there is a gap",
                "4 | {'a':{'dtype':'F32','shape':[2],'data_offsets':[0,4]}} | needs 8 bytes",
                "4 | {'a':{'dtype':'F31','shape':[1],'data_offsets':[0,4]}} | unknown dtype F31",
                "4 | {'a':{'dtype':'F32','shape':[-1],'data_offsets':[0,4]}} | no natural number",
                "4 | {'a':{'dtype':'F32','shape':[1.0],'data_offsets':[0,4]}} | no natural number",
                "4 | {'a':{'dtype':'F32','shape':[1],'data_offsets':[4,0]}} | in order",
                "4 | {'a':{'dtype':'F32','shape':1,'data_offsets':[0,4]}} | short list of numbers",
                "4 | {'a':{'shape':[1],'data_offsets':[0,4]}} | has no `dtype`",
                "4 | {'a':{'dtype':'F32','data_offsets':[0,4]}} | short list",
                "4 | {'a':7} | not described by an object",
                "4 | [1] | the header is not a JSON object",
                "4 | {'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]} | expected a comma",
                "4 | {'__metadata__':{'a':1}} | must be an object of strings",
                "0 | {'a':{'dtype':'F32','shape':[4294967296,4294967296],'data_offsets':[0,0]}} | too"
                        + " large to exist",
                "4 | {'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]},'a':{}} | appears twice",
                "8 |"
                        + " {'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]},'b':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}"
                        + " | they overlap"
            })
    void aWrongHeaderIsRefusedWithItsReason(int dataBytes, String header, String reason) {
        var json = header.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
        var bytes = ByteBuffer.allocate(8 + json.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(json.length).put(json);
        assertThatThrownBy(() ->
                        SafetensorsFile.parse(
                                Path.of("x.safetensors"), MemorySegment.ofArray(bytes.array())))
                .isInstanceOf(MalformedFileException.class)
                .hasMessageStartingWith("x.safetensors: ")
                .hasMessageContaining(reason.replace('`', '"'));
    }

    private static TensorData tensor(SafetensorsFile file, String name) {
        var tensor = file.tensors().get(name);
        if (tensor == null) throw new AssertionError(name);
        return tensor;
    }
}
