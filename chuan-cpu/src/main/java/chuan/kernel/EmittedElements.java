package chuan.kernel;

import static chuan.kernel.Kernels.LANES;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/// The verbs over elements, by [ElementKernel]; what is left of sixteen by [ScalarKernels]. Same
/// bits.
final class EmittedElements {
    private static final float[] NONE = new float[0];

    private final ScalarKernels scalar = new ScalarKernels();
    private final Kernels others;
    private final CodeFamily family;
    private final Map<ElementKernel, CheckedFunction> functions =
            new EnumMap<>(ElementKernel.class);
    private final CheckedFunction squares;
    private final CheckedFunction scale;
    private final CheckedFunction add;
    private final CheckedFunction silu;
    private final CheckedFunction scores;
    private final CheckedFunction weights;
    private final CheckedFunction multiply;

    /// @param others who compute if machine code cannot
    EmittedElements(Kernels others) {
        this.others = others;
        family = new CodeFamily("vectors", others.name() + " kernels");
        squares = function(ElementKernel.SQUARES);
        scale = function(ElementKernel.SCALE);
        add = function(ElementKernel.ADD);
        silu = function(ElementKernel.SILU);
        scores = function(ElementKernel.SCORES);
        weights = function(ElementKernel.WEIGHTS);
        multiply = function(ElementKernel.MULTIPLY);
    }

    private CheckedFunction function(ElementKernel kernel) {
        var made =
                new CheckedFunction(kernel, family, entry -> FunctionChecks.isRight(kernel, entry));
        functions.put(kernel, made);
        return made;
    }

    /// Everything that may be called.
    List<CheckedFunction> functions() {
        return List.copyOf(functions.values());
    }

    void rmsNorm(float[] x, int at, int n, float[] gain, float eps, float[] out, float[] scratch) {
        if (n < LANES || !squares.works() || !scale.works()) {
            others.rmsNorm(x, at, n, gain, eps, out, scratch);
            return;
        }
        int whole = n & -LANES;
        long start = bytes(at);
        int groups = whole / LANES;
        EmittedCalls.arrays(squares.entry(), scratch, x, start, NONE, 0, groups, 0);
        for (int k = whole; k < n; k++)
            scratch[k % LANES] = Math.fma(x[at + k], x[at + k], scratch[k % LANES]);
        float factor = ScalarKernels.rmsScale(Kernels.fold(scratch, 0), n, eps);
        EmittedCalls.arrays(
                scale.entry(), gain, x, start, out, start, groups, EmittedCalls.bits(factor));
        for (int k = whole; k < n; k++) out[at + k] = x[at + k] * factor * gain[k];
    }

    void add(float[] x, float[] y, int from, int to) {
        int whole = (to - from) & -LANES;
        if (whole > 0) {
            if (!add.works()) {
                others.add(x, y, from, to);
                return;
            }
            long start = bytes(from);
            EmittedCalls.arrays(add.entry(), NONE, y, start, x, start, whole / LANES, 0);
        }
        scalar.add(x, y, from + whole, to);
    }

    void siluTimes(float[] gate, float[] up, int from, int to) {
        int whole = (to - from) & -LANES;
        if (whole > 0) {
            if (!silu.works()) {
                others.siluTimes(gate, up, from, to);
                return;
            }
            long start = bytes(from);
            EmittedCalls.arrays(silu.entry(), NONE, up, start, gate, start, whole / LANES, 0);
        }
        scalar.siluTimes(gate, up, from + whole, to);
    }

    float softmaxPage(
            long page,
            int n,
            float scoreScale,
            float slope,
            int last,
            float[] state,
            int at,
            float[] sums) {
        int groups = n / LANES;
        if (groups == 0)
            return scalar.softmaxPage(page, n, scoreScale, slope, last, state, at, sums);
        if (!scores.works() || !weights.works())
            return others.softmaxPage(page, n, scoreScale, slope, last, state, at, sums);
        float before = state[at];
        Arrays.fill(sums, 0, LANES, before);
        EmittedCalls.page(scores.entry(), page, sums, scoreScale, slope, groups, -last);
        float max = before;
        for (int i = 0; i < LANES; i++) max = Math.max(max, sums[i]);
        int whole = groups * LANES;
        max = ScalarAttention.bias(page, whole, n, scoreScale, slope, last, max);
        float factor = ScalarAttention.factor(before, max);
        EmittedCalls.page(weights.entry(), page, sums, max, 0, groups, 0);
        ScalarAttention.exponentials(page, whole, n, max, sums);
        state[at] = max;
        state[at + 1] = state[at + 1] * factor + Kernels.fold(sums, 0);
        return factor;
    }

    void multiply(long x, int n, float factor) {
        int whole = n & -LANES;
        if (whole > 0) {
            if (!multiply.works()) {
                others.multiply(x, n, factor);
                return;
            }
            EmittedCalls.page(multiply.entry(), x, NONE, factor, 0, whole / LANES, 0);
        }
        ScalarAttention.multiply(x, whole, n, factor);
    }

    private static long bytes(int index) {
        return (long) Float.BYTES * index;
    }
}
