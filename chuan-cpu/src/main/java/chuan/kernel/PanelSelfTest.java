package chuan.kernel;

import chuan.quant.Panels;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;

/// Machine code for panels against [ScalarPanels], on the machine where it will run, before it
/// does: every function once, and more tokens than a tile, on random codes, scales and activations
/// with the extremes among them. A few milliseconds.
final class PanelSelfTest {
    private static final int ROWS = 2 * Panels.ROWS;
    private static final int COLUMNS = 3 * Panels.BLOCK;

    /// Scales of some rows in the last block, and all that counts of some tokens in theirs.
    private static final float[] EXTREME_SCALES = {0, -0f, 6e-8f, -65_504, Float.NaN};

    private static final float[] EXTREMES = {0, Float.MIN_VALUE, 3e-37f, Float.NaN, -1 / 0f};

    private PanelSelfTest() {}

    static void run(EmittedPanels panels, InstructionSet set) throws WrongCodeException {
        var random = new Random(1);
        var packed = new PackedRows();
        var code = panels.code();
        int most = code.mostTokens() + 1;
        if (code.tokensWorthUnpacking() < Integer.MAX_VALUE)
            most = Math.max(most, code.tokensWorthUnpacking() + code.mostTokens());
        try (var arena = Arena.ofConfined()) {
            for (Panels layout : Panels.values()) {
                Matrix w = matrix(WeightFormat.valueOf(layout.name()), layout, random, arena);
                float[] x = activations(most, random);
                float[] expected = expected(w, x, most);
                for (int tokens = 1; tokens <= most; tokens++) {
                    panels.prepare(tokens, COLUMNS, packed);
                    panels.quantize(x, 0, tokens, layout, packed);
                    var actual = new float[tokens * ROWS];
                    panels.matmul(w, 0, ROWS, packed, actual);
                    if (!Arrays.equals(expected, 0, actual.length, actual, 0, actual.length))
                        throw new WrongCodeException(
                                "machine code for %s fails its self-test: %d-bit weights, %d tokens"
                                        .formatted(set.title(), layout.bits(), tokens));
                }
            }
        }
    }

    /// What any number of tokens must give, as far as they go: a token does not depend on others.
    private static float[] expected(Matrix w, float[] x, int tokens) {
        var rows = new QuantizedRows();
        rows.shape(tokens, COLUMNS);
        ScalarPanels.quantize(x, 0, tokens, rows);
        var y = new float[tokens * ROWS];
        var scratch = new float[2 * Kernels.LANES];
        ScalarPanels.matmul(w, 0, ROWS, rows.codes(), rows.scales(), tokens, y, scratch);
        return y;
    }

    private static Matrix matrix(WeightFormat format, Panels layout, Random random, Arena arena) {
        var memory = arena.allocate(layout.bytes(ROWS, COLUMNS), Panels.LINE);
        for (long i = 0; i < memory.byteSize(); i++) {
            int kind = random.nextInt(8);
            int code = kind == 0 ? 0xff : kind == 1 ? 0 : random.nextInt(256);
            if (layout == Panels.PANEL8 && code == 0x80) code = 0x81;
            memory.set(ValueLayout.JAVA_BYTE, i, (byte) code);
        }
        for (int row = 0; row < ROWS; row++)
            for (int column = 0; column < 2 * Panels.COLUMNS; column += Panels.BLOCK) {
                float scale = column < COLUMNS ? random.nextFloat() - 0.5f : 0;
                if (row < EXTREME_SCALES.length && column == COLUMNS - Panels.BLOCK)
                    scale = EXTREME_SCALES[row];
                memory.set(
                        ValueLayout.JAVA_SHORT_UNALIGNED,
                        layout.scale(COLUMNS, row, column),
                        Float.floatToFloat16(scale));
            }
        return new Matrix(format, ROWS, COLUMNS, memory, new float[0]);
    }

    /// Some tokens all at the end of their range, so that every sum is as large as it can be.
    private static float[] activations(int tokens, Random random) {
        var x = new float[tokens * COLUMNS];
        for (int t = 0; t < tokens; t++) {
            int kind = random.nextInt(4);
            for (int k = t * COLUMNS; k < (t + 1) * COLUMNS; k++)
                x[k] = kind == 0 ? 1 : kind == 1 ? -1 : (float) random.nextGaussian();
            int last = (t + 1) * COLUMNS;
            if (t % 2 == 1)
                Arrays.fill(x, last - Panels.BLOCK, last, EXTREMES[t / 2 % EXTREMES.length]);
        }
        return x;
    }
}
