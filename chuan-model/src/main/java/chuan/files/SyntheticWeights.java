package chuan.files;

import chuan.model.Weights;
import java.util.Arrays;

/// Random weights with the statistics of trained ones: normal in each matrix, with a spread that
/// keeps values alike through the layers; a few columns of each matrix in a block are five times as
/// large, as trained models have them, which is what per-row quantizers suffer from; gains lie
/// around one.
///
/// Each element is a function of seed, name and index alone, so any thread may make any piece.
public final class SyntheticWeights {
    private static final int LEVELS = 1 << 16;

    /// Normal numbers, equally probable.
    private static final float[] NORMAL = quantiles();

    private static final long GOLDEN = 0x9e37_79b9_7f4a_7c15L;
    private static final int ELEMENTS_PER_HASH = 4;
    private static final float OUTLIER = 5;
    private static final int COLUMNS_PER_OUTLIER = 1024;

    private final long seed;

    public SyntheticWeights(long seed) {
        this.seed = seed;
    }

    /// The values of a tensor; unlike others they may be read in any order, by any thread.
    public TensorSource.Floats tensor(String name, long... shape) {
        long key = mix(seed ^ mix(hash(name)));
        if (shape.length == 1) return (from, out, count) -> gains(key, from, out, count);
        int columns = Math.toIntExact(shape[1]);
        float spread = spread(name, columns);
        int[] outliers = outliers(name, key, columns);
        return (from, out, count) -> {
            normals(key, spread, from, out, count);
            for (int column : outliers) {
                long row = Math.max(0, Math.ceilDiv(from - column, (long) columns));
                for (long i = column + row * columns - from; i < count; i += columns)
                    out[(int) i] *= OUTLIER;
            }
        };
    }

    /// Standard deviation. About 0.02 for a width of 5,120; rows of other widths get the same
    /// length. The embedding has no rows to multiply with.
    private static float spread(String name, int columns) {
        double length =
                switch (name.substring(name.lastIndexOf('.', name.length() - 8) + 1)) {
                    case "W_pack.weight", "q_proj.weight", "k_proj.weight" -> 1.5;
                    case "gate_proj.weight", "up_proj.weight", "down_proj.weight" -> 1.3;
                    case "v_proj.weight", "o_proj.weight", "lm_head.weight" -> 1.1;
                    default -> 0.02 * Math.sqrt(columns);
                };
        return (float) (length / Math.sqrt(columns));
    }

    private static int[] outliers(String name, long key, int columns) {
        if (name.equals(Weights.EMBEDDING) || name.equals(Weights.OUTPUT)) return new int[0];
        var chosen = new int[Math.ceilDiv(columns, COLUMNS_PER_OUTLIER)];
        for (int i = 0; i < chosen.length; i++)
            chosen[i] = (int) Long.remainderUnsigned(mix(~key + i * GOLDEN), columns);
        return Arrays.stream(chosen).distinct().toArray();
    }

    private static void gains(long key, long from, float[] out, int count) {
        normals(key, 0.2f, from, out, count);
        for (int i = 0; i < count; i++) out[i] = 1 + out[i];
    }

    /// Four elements for a hash of 64 bits.
    private static void normals(long key, float spread, long from, float[] out, int count) {
        int i = 0;
        for (; i < count && (from + i) % ELEMENTS_PER_HASH != 0; i++)
            out[i] = spread * normal(key, from + i);
        for (; i <= count - ELEMENTS_PER_HASH; i += ELEMENTS_PER_HASH) {
            long bits = mix(key + (from + i) / ELEMENTS_PER_HASH * GOLDEN);
            out[i] = spread * NORMAL[(int) bits & (LEVELS - 1)];
            out[i + 1] = spread * NORMAL[(int) (bits >>> 16) & (LEVELS - 1)];
            out[i + 2] = spread * NORMAL[(int) (bits >>> 32) & (LEVELS - 1)];
            out[i + 3] = spread * NORMAL[(int) (bits >>> 48)];
        }
        for (; i < count; i++) out[i] = spread * normal(key, from + i);
    }

    private static float normal(long key, long index) {
        long bits = mix(key + index / ELEMENTS_PER_HASH * GOLDEN);
        return NORMAL[(int) (bits >>> (16 * (index % ELEMENTS_PER_HASH))) & (LEVELS - 1)];
    }

    /// The finalizer of SplitMix64 (Steele, Lea and Flood 2014).
    private static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xbf58_476d_1ce4_e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d0_49bb_1331_11ebL;
        return z ^ (z >>> 31);
    }

    private static long hash(String name) {
        long hash = name.length();
        for (int i = 0; i < name.length(); i++) hash = mix(hash + name.charAt(i) * GOLDEN);
        return hash;
    }

    /// Element `i` splits the normal distribution at `(i + 1/2) / 65536`: the integral of the
    /// density, summed in small steps. The same on every machine.
    private static float[] quantiles() {
        var table = new float[LEVELS];
        double step = 1e-4;
        double below = 0;
        int next = 0;
        for (double z = -6; next < LEVELS / 2; z += step) {
            double middle = z + step / 2;
            below += StrictMath.exp(-middle * middle / 2) / Math.sqrt(2 * Math.PI) * step;
            while (next < LEVELS / 2 && below >= (next + 0.5) / LEVELS) {
                table[next] = (float) (z + step);
                table[LEVELS - 1 - next] = -table[next];
                next++;
            }
            if (z > 0) {
                Arrays.fill(table, next, LEVELS - next, 0);
                break;
            }
        }
        return table;
    }
}
