package chuan.kernel;

import java.util.Arrays;

/// Prints which kernels this JVM chooses, and a digest of what they compute.
final class Digest {
    private Digest() {}

    public static void main(String[] args) {
        try {
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
            for (int columns : new int[] {5, 16, 77, 130}) {
                Matrix w = inputs.matrix(format, 7, columns, false, false);
                for (int tokens : new int[] {1, 3, 7}) {
                    var y = new float[tokens * 7];
                    var scratch = new float[kernels.scratchFloats(columns)];
                    float[] x = inputs.floats(tokens * columns);
                    kernels.matmul(w, 0, 7, x, tokens, y, scratch);
                    hash = 31 * hash + Arrays.hashCode(y);
                }
            }
        for (int n : new int[] {3, 37, 200}) {
            float[] x = inputs.floats(n);
            float[] gain = inputs.floats(n);
            var scratch = new float[Kernels.LANES];
            kernels.rmsNorm(x, 0, n, gain, 1e-6f, x, scratch);
            kernels.siluTimes(x, gain, 0, n);
            hash = 31 * hash + Arrays.hashCode(x);
            for (int dim : new int[] {8, 20, 64}) {
                var weights = new float[n + Kernels.LANES];
                var out = new float[dim];
                float[] keys = inputs.keys(n, dim);
                kernels.scores(inputs.floats(dim), 0, keys, 0, dim, n, 0.3f, 0.1f, weights);
                float sum = kernels.exponentials(weights, n, scratch);
                float[] values = inputs.floats(n * dim);
                kernels.weightedSum(weights, n, values, 0, dim, 1 / sum, out, 0);
                hash = 31 * hash + Arrays.hashCode(out);
            }
        }
        return "digest " + Integer.toHexString(hash);
    }
}
