package chuan.kernel;

import chuan.quant.Panels;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/// Products with quantized activations: by some kernels, and from their definition.
final class Quantized {
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

    private Quantized() {}

    static float[] run(Kernels k, Matrix w, int from, int to, float[] x, int tokens) {
        var y = new float[tokens * w.rows()];
        var rows = new QuantizedRows();
        k.prepare(tokens, w.columns(), rows);
        int half = tokens / 2;
        k.quantize(x, half, tokens, w.format(), rows);
        k.quantize(x, 0, half, w.format(), rows);
        k.matmul(w, from, to, rows, y, new float[k.scratchFloats(w.columns())]);
        return y;
    }

    /// Sums of whole numbers, then the scales, blocks ascending.
    static float[] product(Matrix w, float[] x, int tokens) {
        var layout = Objects.requireNonNull(w.format().panels());
        var y = new float[tokens * w.rows()];
        for (int t = 0; t < tokens; t++)
            for (int r = 0; r < w.rows(); r++) {
                float total = 0;
                for (int from = 0; from < w.columns(); from += Panels.BLOCK) {
                    int to = Math.min(from + Panels.BLOCK, w.columns());
                    int at = t * w.columns();
                    float largest = 0;
                    for (int k = from; k < to; k++)
                        largest = Math.max(largest, Math.abs(x[at + k]));
                    float factor = 127 / largest;
                    boolean zero = !(factor <= Float.MAX_VALUE);
                    long sum = 0;
                    for (int k = from; k < to; k++) {
                        long code = zero ? 0 : (long) Math.rint(x[at + k] * factor);
                        sum += code * code(w, r, k);
                    }
                    float d = zero ? 0 : largest / 127;
                    short scale = w.memory().get(SHORT, layout.scale(w.columns(), r, from));
                    total = Math.fma(sum * d, Float.float16ToFloat(scale), total);
                }
                y[t * w.rows() + r] = total;
            }
        return y;
    }

    /// The code of an element, as the description of [Panels] has it.
    private static int code(Matrix w, int row, int column) {
        var layout = Objects.requireNonNull(w.format().panels());
        long start = layout.codes(w.columns(), row, column);
        int k = column % Panels.BLOCK;
        return switch (layout) {
            case PANEL4 -> {
                long at = start + k % 16 / 4 * Panels.LINE + k % 4;
                int pair = w.memory().get(ValueLayout.JAVA_BYTE, at) & 0xff;
                yield (k < 16 ? pair & 15 : pair >> 4) - 8;
            }
            case PANEL8 ->
                    w.memory().get(ValueLayout.JAVA_BYTE, start + k / 4 * Panels.LINE + k % 4);
        };
    }
}
