package chuan.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// How the keys, or the values, of one head lie in memory, off the heap: a run of positions, a
/// multiple of 16 of them.
///
/// - Keys lie in blocks of 16 positions, `[block][dim][16]`, so that a query meets sixteen of them
///   side by side; values lie as `[position][dim]`.
/// - Behind the elements of an int8 run stand fp32 scales, one per position: `element = scale *
///   code`.
///
/// Whoever passes an address keeps the memory behind it alive.
public enum KvFormat {
    F32(4),
    /// Finite always: what is larger than 65,504 was stored as that.
    F16(2),
    /// Codes -127..127.
    INT8(1);

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final MemorySegment ALL = Memory.ALL;

    /// The largest finite fp16 number.
    private static final float F16_MAX = 65_504f;

    private static final int LARGEST_CODE = 127;

    private final int bytes;

    KvFormat(int bytes) {
        this.bytes = bytes;
    }

    /// Bytes of an element.
    int bytes() {
        return bytes;
    }

    /// Where the scales of a run begin, and where a run without scales ends.
    public long scalesAt(int positions, int dim) {
        return (long) positions * dim * bytes;
    }

    /// Bytes of a run, scales included.
    public long runBytes(int positions, int dim) {
        return scalesAt(positions, dim) + (this == INT8 ? (long) Float.BYTES * positions : 0);
    }

    /// Element `index` of the run at `run`, widened exactly; int8 without its scale.
    float element(long run, long index) {
        return switch (this) {
            case F32 -> ALL.get(FLOAT, run + 4 * index);
            case F16 -> Float.float16ToFloat(ALL.get(SHORT, run + 2 * index));
            case INT8 -> ALL.get(ValueLayout.JAVA_BYTE, run + index);
        };
    }

    /// The scale of a position.
    static float scale(long scales, int position) {
        return ALL.get(FLOAT, scales + (long) Float.BYTES * position);
    }

    /// Stores `x[at, at + dim)` as the key of a position.
    ///
    /// @param scales of the run, for int8
    public void putKey(long run, long scales, int position, float[] x, int at, int dim) {
        int lanes = Kernels.LANES;
        long first = (long) position / lanes * lanes * dim + position % lanes;
        put(run, first, lanes, scales, position, x, at, dim);
    }

    /// Stores `x[at, at + dim)` as the value of a position.
    ///
    /// @param scales of the run, for int8
    public void putValue(long run, long scales, int position, float[] x, int at, int dim) {
        put(run, (long) position * dim, 1, scales, position, x, at, dim);
    }

    /// Elements go to `first`, `first + step`, ...
    private void put(
            long run, long first, int step, long scales, int position, float[] x, int at, int dim) {
        switch (this) {
            case F32 -> {
                long to = run + 4 * first;
                for (int i = 0; i < dim; i++) ALL.set(FLOAT, to + 4L * step * i, x[at + i]);
            }
            case F16 -> {
                long to = run + 2 * first;
                for (int i = 0; i < dim; i++) ALL.set(SHORT, to + 2L * step * i, toF16(x[at + i]));
            }
            case INT8 -> {
                float largest = 0;
                for (int i = 0; i < dim; i++) largest = Math.max(largest, Math.abs(x[at + i]));
                float inverse = LARGEST_CODE / largest;
                // too small to tell apart, or no number at all: which the scale passes on
                boolean ordinary = inverse <= Float.MAX_VALUE && inverse > 0;
                float scale = ordinary || !(largest < 1) ? largest / LARGEST_CODE : 0;
                ALL.set(FLOAT, scales + (long) Float.BYTES * position, scale);
                long to = run + first;
                for (int i = 0; i < dim; i++) {
                    byte code = ordinary ? (byte) Math.rint(x[at + i] * inverse) : 0;
                    ALL.set(ValueLayout.JAVA_BYTE, to + (long) step * i, code);
                }
            }
        }
    }

    /// The length of the longest of the keys `[0, positions)`, a multiple of 4, as they are stored;
    /// rounded up.
    public float longestKey(long run, long scales, int positions, int dim) {
        double most = 0;
        for (int t = 0; t < positions; t += 4) {
            long first = (long) t / Kernels.LANES * Kernels.LANES * dim + t % Kernels.LANES;
            double s0 = 0;
            double s1 = 0;
            double s2 = 0;
            double s3 = 0;
            for (int i = 0; i < dim; i++) {
                long at = first + (long) i * Kernels.LANES;
                s0 += square(element(run, at));
                s1 += square(element(run, at + 1));
                s2 += square(element(run, at + 2));
                s3 += square(element(run, at + 3));
            }
            if (this == INT8) {
                s0 *= square(scale(scales, t));
                s1 *= square(scale(scales, t + 1));
                s2 *= square(scale(scales, t + 2));
                s3 *= square(scale(scales, t + 3));
            }
            most = Math.max(most, Math.max(Math.max(s0, s1), Math.max(s2, s3)));
        }
        return Math.nextUp((float) Math.sqrt(most));
    }

    /// Exact.
    private static double square(float x) {
        return (double) x * x;
    }

    private static short toF16(float x) {
        return Float.floatToFloat16(Math.clamp(x, -F16_MAX, F16_MAX));
    }
}
