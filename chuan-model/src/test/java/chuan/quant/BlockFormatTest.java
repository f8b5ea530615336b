package chuan.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import chuan.files.DType;
import chuan.files.MalformedFileException;
import chuan.files.TensorData;
import chuan.golden.GoldenModel;
import chuan.golden.Npy;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Against the values that llama.cpp and gguf-py decode from the same bytes: equal in every bit.
class BlockFormatTest {
    private static final Path BLOCKS = GoldenModel.folder("gguf").resolve("blocks");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K"
            })
    void decodedBitsAreThoseOfTheReference(String type) throws IOException {
        for (String kind : new String[] {"", ".random"}) {
            float[][] expected = Npy.matrix(BLOCKS.resolve(type + kind + ".npy"));
            float[][] rows = stored(type, kind).toRows();
            assertThat(rows.length).isEqualTo(expected.length);
            for (int r = 0; r < rows.length; r++)
                for (int c = 0; c < rows[r].length; c++)
                    assertThat(Float.floatToRawIntBits(rows[r][c]))
                            .as("%s%s row %d column %d", type, kind, r, c)
                            .isEqualTo(Float.floatToRawIntBits(expected[r][c]));
        }
    }

    @ParameterizedTest
    @EnumSource(BlockFormat.class)
    void anyRunOfElementsIsThatPartOfTheWhole(BlockFormat format) throws IOException {
        var tensor = stored(format.name(), ".random");
        float[] whole = tensor.toFloats();
        long seed = 20_251_125;
        var random = new Random(seed);
        for (int i = 0; i < 300; i++) {
            int from = random.nextInt(whole.length);
            int count = random.nextInt(Math.min(700, whole.length - from) + 1);
            var part = new float[count + 2];
            tensor.copyTo(from, part, 1, count);
            for (int j = 0; j < count; j++)
                assertThat(part[j + 1])
                        .as("seed %d, %d elements from %d", seed, count, from)
                        .isEqualTo(whole[from + j]);
            assertThat(part[0] + part[count + 1]).isZero();
            assertThat(tensor.get(from)).isEqualTo(whole[from]);
        }
    }

    @ParameterizedTest
    @EnumSource(BlockFormat.class)
    void infiniteScaleIsRefusedWithItsPlace(BlockFormat format) throws IOException {
        stored(format.name(), ".random").checkFinite();
        var bytes = new byte[3 * format.bytes()];
        int scale = format == BlockFormat.Q6_K ? 208 : 0;
        bytes[format.bytes() + scale + 1] = 0x7c;
        var tensor = tensor(format.name(), bytes, 3, format.elements());
        assertThatThrownBy(tensor::checkFinite)
                .isInstanceOf(MalformedFileException.class)
                .hasMessageContaining("tensor w")
                .hasMessageContaining("byte " + (format.bytes() + scale) + " ")
                .hasMessageContaining("Infinity");
    }

    @Test
    void bytesFollowFromTheShape() {
        assertThat(DType.Q4_0.byteCount(3, 64)).isEqualTo(3 * 2 * 18);
        assertThat(DType.Q6_K.byteCount(512)).isEqualTo(2 * 210);
        assertThat(DType.Q8_0.byteCount(0, 32)).isZero();
        assertThatThrownBy(() -> DType.Q8_0.byteCount(2, 48)).hasMessageContaining("block of 32");
        assertThatThrownBy(() -> DType.Q8_0.byteCount(1L << 40, 1L << 40))
                .isInstanceOf(ArithmeticException.class);
    }

    private static TensorData stored(String type, String kind) throws IOException {
        return tensor(type, Files.readAllBytes(BLOCKS.resolve(type + kind + ".bin")), 4, 512);
    }

    private static TensorData tensor(String type, byte[] bytes, long... shape) {
        return new TensorData(
                "w", DType.valueOf(type), shape, MemorySegment.ofArray(bytes), Path.of("file"), 0);
    }
}
