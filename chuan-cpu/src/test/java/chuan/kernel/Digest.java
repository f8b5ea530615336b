package chuan.kernel;

import java.util.Arrays;

/// Prints which kernels this JVM chooses, and a digest of what they compute.
final class Digest {
    private Digest() {}

    public static void main(String[] args) {
        try {
            KernelSelector.onFallback(System.out::println);
            var choice = KernelSelector.select();
            System.out.println(choice.reason());
            System.out.println(of(choice.kernels()));
        } catch (IllegalArgumentException e) {
            System.out.println(e.getMessage());
        }
    }

    static String of(Kernels kernels) {
        var inputs = new KernelInputs(7);
        int hash = 0;
        for (var format : WeightFormat.values())
            for (int size : new int[] {5, 16, 77, 130}) {
                int columns = KernelInputs.columns(format, size);
                Matrix w = inputs.matrix(format, 7, columns, false, false);
                for (int tokens : new int[] {1, 3, 7}) {
                    var y = new float[tokens * 7];
                    var scratch = new float[kernels.scratchFloats(columns)];
                    float[] x = inputs.floats(tokens * columns);
                    kernels.matmul(w, 0, 7, x, tokens, y, scratch);
                    hash = 31 * hash + Arrays.hashCode(y);
                }
            }
        for (var format : WeightFormat.values()) {
            int columns = KernelInputs.columns(format, 64);
            Matrix w = inputs.matrix(format, 8, columns, false, false);
            float[] y = many(kernels, w, inputs.floats(16 * columns), 16);
            hash = 31 * hash + Arrays.hashCode(y);
        }
        for (int n : new int[] {3, 37, 200}) {
            float[] x = inputs.floats(n);
            float[] gain = inputs.floats(n);
            var scratch = new float[Kernels.LANES];
            kernels.rmsNorm(x, 0, n, gain, 1e-6f, x, scratch);
            kernels.siluTimes(x, gain, 0, n);
            hash = 31 * hash + Arrays.hashCode(x);
        }
        for (int n : new int[] {3, 37, 64})
            for (var format : KvFormat.values())
                for (int dim : new int[] {8, 20, 64})
                    for (int queries : new int[] {1, 6}) {
                        float[] q = inputs.floats(queries * dim);
                        var keys = inputs.run(format, n, dim);
                        var values = inputs.run(format, n, dim);
                        float[] page = PageAttention.of(kernels, format, q, dim, keys, values, n);
                        hash = 31 * hash + Arrays.hashCode(page);
                    }
        return "digest " + Integer.toHexString(hash);
    }

    /// Laid out first where the kernels prefer that.
    private static float[] many(Kernels kernels, Matrix w, float[] x, int tokens) {
        var y = new float[tokens * w.rows()];
        var scratch = new float[kernels.scratchFloats(w.columns())];
        if (kernels.arranges(w, tokens)) {
            var tiled = new TiledRows();
            kernels.prepare(tokens, w.columns(), tiled);
            kernels.arrange(x, 0, tokens, tiled);
            kernels.matmul(w, 0, w.rows(), tiled, y, scratch);
        } else {
            kernels.matmul(w, 0, w.rows(), x, tokens, y, scratch);
        }
        return y;
    }
}
