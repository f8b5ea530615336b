package chuan.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import chuan.files.DType;
import chuan.files.TensorData;
import chuan.golden.GoldenModel;
import chuan.golden.Npy;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class QuantizersTest {
    private static final Path BLOCKS = GoldenModel.folder("gguf").resolve("blocks");
    private static final long SEED = 20_251_125;

    @ParameterizedTest
    @EnumSource(
            value = BlockScheme.class,
            names = {"Q4_0", "Q8_0"})
    void bytesAreThoseOfLlamaCpp(BlockScheme scheme) throws IOException {
        byte[] expected = Files.readAllBytes(BLOCKS.resolve(scheme + ".bin"));
        float[] values = flat(Npy.matrix(BLOCKS.resolve("input.npy")));
        byte[] bytes = quantize(scheme, values, 4, 512, new ErrorSum());
        assertThat(bytes.length).isEqualTo(expected.length);
        int different = 0;
        for (int i = 0; i < bytes.length; i++) if (bytes[i] != expected[i]) different++;
        assertThat(different).as("bytes that differ").isZero();
    }

    @ParameterizedTest
    @EnumSource(BlockScheme.class)
    void anyDivisionIntoRowsGivesTheSameBytes(BlockScheme scheme) {
        int rows = 53;
        int columns = 1120;
        float[] values = gaussian(rows * columns);
        var quantizer = new MatrixQuantizer(scheme, columns, new float[0]);
        byte[] whole = quantize(scheme, values, rows, columns, new ErrorSum());
        for (int cut = 16; cut < rows; cut += 16) {
            var first = new byte[(int) quantizer.bytes(cut)];
            var second = new byte[(int) quantizer.bytes(rows - cut)];
            Arrays.fill(second, (byte) 77);
            quantizer.quantize(
                    copier(values), 0, cut, MemorySegment.ofArray(first), new ErrorSum());
            quantizer.quantize(
                    copier(values), cut, rows, MemorySegment.ofArray(second), new ErrorSum());
            assertThat(first).isEqualTo(Arrays.copyOf(whole, first.length));
            assertThat(second).isEqualTo(Arrays.copyOfRange(whole, first.length, whole.length));
        }
    }

    /// On normal values, where the search has least to gain, it must do better, and what it reports
    /// must be what the decoded values say.
    @ParameterizedTest
    @EnumSource(
            value = BlockScheme.class,
            names = {"INT4", "INT8"})
    void searchLosesLessThanRounding(BlockScheme scheme) {
        int rows = 40;
        int columns = 700;
        float[] values = gaussian(rows * columns);
        var error = new ErrorSum();
        byte[] bytes = quantize(scheme, values, rows, columns, error);
        var type = scheme == BlockScheme.INT4 ? DType.PANEL4 : DType.PANEL8;
        float[] decoded = tensor(type, bytes, rows, columns).toFloats();
        double lost = 0;
        double had = 0;
        for (int i = 0; i < values.length; i++) {
            lost += Math.pow(values[i] - decoded[i], 2);
            had += Math.pow(values[i], 2);
        }
        double relative = Math.sqrt(lost / had);
        System.out.printf("%s loses %.4f %%%n", scheme, 100 * relative);
        assertThat(error.relative()).isCloseTo(relative, within(relative * 1e-4));
        var rounding = new ErrorSum();
        quantize(
                scheme == BlockScheme.INT4 ? BlockScheme.Q4_0 : BlockScheme.Q8_0,
                Arrays.copyOf(values, rows * 640),
                rows,
                640,
                rounding);
        System.out.printf("rounding loses %.4f %%%n", 100 * rounding.relative());
        assertThat(relative).isLessThan(rounding.relative() * 0.96);
    }

    /// Every scale of a fine grid is tried.
    @Test
    void searchIsCloseToTheBestOfAllScales() {
        float[] values = gaussian(16 * 32);
        var error = new ErrorSum();
        quantize(BlockScheme.INT4, values, 16, 32, error);
        double best = 0;
        double had = 0;
        for (int r = 0; r < 16; r++) {
            float[] block = Arrays.copyOfRange(values, 32 * r, 32 * r + 32);
            best += bestOfGrid(block);
            for (float v : block) had += v * v;
        }
        double optimum = Math.sqrt(best / had);
        System.out.printf(
                "search %.4f %%, grid of 40,000 scales %.4f %%%n",
                100 * error.relative(), 100 * optimum);
        assertThat(error.relative()).isBetween(optimum * 0.999, optimum * 1.01);
    }

    private static double bestOfGrid(float[] block) {
        double best = Double.MAX_VALUE;
        for (int i = -20_000; i <= 20_000; i++) {
            if (i == 0) continue;
            double scale = i * 4e-5;
            double lost = 0;
            for (float v : block) {
                double q = Math.clamp(Math.rint(v / scale), -8, 7);
                lost += (v - q * scale) * (v - q * scale);
            }
            best = Math.min(best, lost);
        }
        return best;
    }

    @Test
    void importantColumnsLoseLess() {
        int columns = 64;
        float[] values = gaussian(16 * columns);
        var meanSquares = new double[columns];
        Arrays.fill(meanSquares, 0.01);
        meanSquares[5] = 1_000_000;
        var bytes = new byte[576];
        new MatrixQuantizer(BlockScheme.INT4, columns, Importance.of(meanSquares))
                .quantize(copier(values), 0, 16, MemorySegment.ofArray(bytes), new ErrorSum());
        float[] weighted = tensor(DType.PANEL4, bytes, 16, columns).toFloats();
        float[] plain =
                tensor(
                                DType.PANEL4,
                                quantize(BlockScheme.INT4, values, 16, columns, new ErrorSum()),
                                16,
                                columns)
                        .toFloats();
        double withWeights = 0;
        double without = 0;
        for (int r = 0; r < 16; r++) {
            int i = r * columns + 5;
            withWeights += Math.pow(values[i] - weighted[i], 2);
            without += Math.pow(values[i] - plain[i], 2);
        }
        System.out.printf("column 5 loses %.2e, without weights %.2e%n", withWeights, without);
        assertThat(withWeights).isLessThan(without / 4);
    }

    @ParameterizedTest
    @EnumSource(BlockScheme.class)
    void zerosConstantsAndExtremesStayFinite(BlockScheme scheme) {
        var values = new float[16 * 128];
        Arrays.fill(values, 32, 64, 0.25f);
        Arrays.fill(values, 64, 96, -3e-8f);
        Arrays.fill(values, 96, 128, 1e-30f);
        Arrays.fill(values, 128, 160, -400_000f);
        byte[] bytes = quantize(scheme, values, 16, 128, new ErrorSum());
        var type =
                switch (scheme) {
                    case Q4_0 -> DType.Q4_0;
                    case Q8_0 -> DType.Q8_0;
                    case INT4 -> DType.PANEL4;
                    case INT8 -> DType.PANEL8;
                };
        var tensor = tensor(type, bytes, 16, 128);
        float[] decoded = tensor.toFloats();
        tensor.checkFinite();
        for (int i = 0; i < 32; i++) assertThat(decoded[i]).isZero();
        for (int i = 32; i < 64; i++) assertThat(decoded[i]).isCloseTo(0.25f, within(2e-4f));
        for (int i = 128; i < 160; i++) assertThat(decoded[i]).isCloseTo(-400_000f, within(300f));
    }

    @ParameterizedTest
    @EnumSource(BlockLayout.class)
    void rearrangedIsTheSameNumbersAndComesBackAsTheSameBytes(BlockLayout layout)
            throws IOException {
        var other =
                switch (layout) {
                    case Q4_0 -> BlockLayout.PANEL4;
                    case Q8_0 -> BlockLayout.PANEL8;
                    case PANEL4 -> BlockLayout.Q4_0;
                    case PANEL8 -> BlockLayout.Q8_0;
                };
        int rows = 37;
        int columns = 608;
        byte[] bytes = new byte[(int) layout.bytes(rows, columns)];
        if (layout.rowsTogether() == 1) {
            byte[] golden = Files.readAllBytes(BLOCKS.resolve(layout + ".random.bin"));
            for (int i = 0; i < bytes.length; i++) bytes[i] = golden[i % golden.length];
        } else {
            bytes =
                    quantize(
                            layout == BlockLayout.PANEL4 ? BlockScheme.INT4 : BlockScheme.INT8,
                            gaussian(rows * columns),
                            rows,
                            columns,
                            new ErrorSum());
        }
        byte[] there = rearranged(bytes, layout, other, rows, columns);
        assertThat(rearranged(there, other, layout, rows, columns)).isEqualTo(bytes);
        assertThat(tensor(DType.valueOf(other.name()), there, rows, columns).toFloats())
                .isEqualTo(tensor(DType.valueOf(layout.name()), bytes, rows, columns).toFloats());
    }

    @Test
    void wrongShapesAreRefused() {
        assertThatThrownBy(() -> new MatrixQuantizer(BlockScheme.Q4_0, 48, new float[0]))
                .hasMessageContaining("48");
        assertThatThrownBy(() -> new Rearrangement(BlockLayout.Q4_0, BlockLayout.PANEL8, 64))
                .hasMessageContaining("different numbers");
    }

    private static byte[] rearranged(
            byte[] bytes, BlockLayout from, BlockLayout to, int rows, int columns) {
        var out = new byte[(int) to.bytes(rows, columns)];
        Arrays.fill(out, (byte) 77);
        var matrix = MemorySegment.ofArray(bytes);
        new Rearrangement(from, to, columns)
                .copy(
                        new Rearrangement.Rows() {
                            @Override
                            public MemorySegment matrix(long row) {
                                return matrix;
                            }

                            @Override
                            public long index(long row) {
                                return row;
                            }
                        },
                        0,
                        rows,
                        MemorySegment.ofArray(out));
        return out;
    }

    private static byte[] quantize(
            BlockScheme scheme, float[] values, int rows, int columns, ErrorSum error) {
        var quantizer = new MatrixQuantizer(scheme, columns, new float[0]);
        var out = new byte[(int) quantizer.bytes(rows)];
        Arrays.fill(out, (byte) 77);
        quantizer.quantize(copier(values), 0, rows, MemorySegment.ofArray(out), error);
        return out;
    }

    private static MatrixQuantizer.Values copier(float[] values) {
        return (index, out, at, count) -> System.arraycopy(values, (int) index, out, at, count);
    }

    private static float[] flat(float[][] rows) {
        var out = new float[rows.length * rows[0].length];
        for (int r = 0; r < rows.length; r++)
            System.arraycopy(rows[r], 0, out, r * rows[0].length, rows[0].length);
        return out;
    }

    private static float[] gaussian(int n) {
        var random = new Random(SEED);
        var out = new float[n];
        for (int i = 0; i < n; i++) out[i] = (float) random.nextGaussian();
        return out;
    }

    private static org.assertj.core.data.Offset<Float> within(float value) {
        return org.assertj.core.api.Assertions.within(value);
    }

    private static org.assertj.core.data.Offset<Double> within(double value) {
        return org.assertj.core.api.Assertions.within(value);
    }

    private static TensorData tensor(DType type, byte[] bytes, long... shape) {
        return new TensorData("w", type, shape, MemorySegment.ofArray(bytes), Path.of("f"), 0);
    }
}
