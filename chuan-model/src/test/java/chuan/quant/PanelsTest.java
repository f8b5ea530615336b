package chuan.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import chuan.files.DType;
import chuan.files.MalformedFileException;
import chuan.files.TensorData;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PanelsTest {
    private static final long SEED = 20_251_125;

    @Test
    void sizesAreThoseOfTheFormat() {
        assertThat(Panels.PANEL4.superblockBytes()).isEqualTo(576);
        assertThat(Panels.PANEL8.superblockBytes()).isEqualTo(1088);
        assertThat(DType.PANEL4.byteCount(15_360, 5120)).isEqualTo(15_360L * 5120 * 9 / 16);
        assertThat(DType.PANEL8.byteCount(17, 65)).isEqualTo(2 * 2 * 1088);
        assertThat(DType.PANEL8.byteCount(0, 65)).isZero();
        assertThatThrownBy(() -> DType.PANEL4.byteCount(1L << 31, 1L << 31, 16))
                .isInstanceOf(ArithmeticException.class);
    }

    /// The whole matrix is written by walking the file in its order, from the definition of the
    /// format; decoding must find the same values by rows.
    @ParameterizedTest
    @EnumSource(Panels.class)
    void decodesWhatAWalkThroughTheFileWrote(Panels panels) {
        var random = new Random(SEED);
        for (int[] size : new int[][] {{16, 64}, {1, 1}, {33, 200}, {48, 96}, {5, 64}}) {
            int rows = size[0];
            int columns = size[1];
            var values = new float[(rows + 15) / 16 * 16][(columns + 63) / 64 * 64];
            var bytes = write(panels, values, random);
            var tensor = tensor(panels, bytes, rows, columns);
            tensor.checkFinite();
            for (int r = 0; r < rows; r++)
                assertThat(tensor.toRows()[r])
                        .as("seed %d, row %d of %d x %d", SEED, r, rows, columns)
                        .containsExactly(java.util.Arrays.copyOf(values[r], columns));
            float[] whole = tensor.toFloats();
            for (int i = 0; i < 100; i++) {
                int from = random.nextInt(whole.length);
                var part = new float[random.nextInt(whole.length - from + 1)];
                tensor.copyTo(from, part, 0, part.length);
                assertThat(part)
                        .containsExactly(
                                java.util.Arrays.copyOfRange(whole, from, from + part.length));
            }
        }
    }

    /// Random scales and codes for a matrix whose sizes are already padded; fills `values`.
    private static byte[] write(Panels panels, float[][] values, Random random) {
        var out =
                ByteBuffer.allocate((int) panels.bytes(values.length, values[0].length))
                        .order(ByteOrder.LITTLE_ENDIAN);
        for (int panel = 0; panel < values.length; panel += 16)
            for (int left = 0; left < values[0].length; left += 64) {
                var scales = new float[2][16];
                for (float[] block : scales)
                    for (int r = 0; r < 16; r++) {
                        short half = Float.floatToFloat16((float) random.nextGaussian());
                        block[r] = Float.float16ToFloat(half);
                        out.putShort(half);
                    }
                for (int b = 0; b < 2; b++)
                    for (int z = 0; z < panels.bits(); z++)
                        for (int r = 0; r < 16; r++)
                            for (int j = 0; j < 4; j++) {
                                byte code = (byte) random.nextInt();
                                out.put(code);
                                float[] row = values[panel + r];
                                int column = left + 32 * b + 4 * z + j;
                                if (panels == Panels.PANEL8) {
                                    row[column] = scales[b][r] * code;
                                } else {
                                    int both = code & 0xff;
                                    row[column] = scales[b][r] * (both % 16 - 8);
                                    row[column + 16] = scales[b][r] * (both / 16 - 8);
                                }
                            }
            }
        assertThat(out.hasRemaining()).isFalse();
        return out.array();
    }

    @ParameterizedTest
    @EnumSource(Panels.class)
    void infiniteScaleIsRefusedWithItsPlace(Panels panels) {
        var bytes = new byte[(int) panels.bytes(20, 70)];
        int at = 3 * panels.superblockBytes() + 62;
        bytes[at + 1] = (byte) 0xfc;
        var tensor = tensor(panels, bytes, 20, 70);
        assertThatThrownBy(tensor::checkFinite)
                .isInstanceOf(MalformedFileException.class)
                .hasMessageContaining("byte " + at + " ")
                .hasMessageContaining("-Infinity");
    }

    private static TensorData tensor(Panels panels, byte[] bytes, long... shape) {
        return new TensorData(
                "w",
                DType.valueOf(panels.name()),
                shape,
                MemorySegment.ofArray(bytes),
                Path.of("file"),
                0);
    }
}
