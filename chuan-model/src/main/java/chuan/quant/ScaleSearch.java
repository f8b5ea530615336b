package chuan.quant;

import java.util.Arrays;

/// Our int4 and int8: of a list of scales per block, of both signs, the one that loses least, then
/// fitted to its codes. "Least" is the squared error, weighted by the importance of the columns
/// where a calibration measured it.
///
/// For codes `q` of values `x` with weights `w`, the best scale is `sum w x q / sum w q^2`, and it
/// takes `(sum w x q)^2 / sum w q^2` off the error: the larger, the better. Trying a scale costs
/// one pass; fitting it and rounding again ([#FITS] times) can only improve it.
final class ScaleSearch implements BlockQuantizer {
    private static final int FITS = 2;

    /// Cutting off rounds to the nearest integer above it: cheaper than clamping floats.
    private static final int OFFSET = 256;

    private static final float HALF = OFFSET + 0.5f;

    private static final float LARGEST_FP16 = 65504;

    /// Blocks without a value above it are zero: their scale would be none in fp16.
    private static final float SMALLEST = 1e-9f;

    private final int low;
    private final int high;

    /// Codes that the value of largest size may become, not rounded, with sign.
    private final float[] targets;

    private final float[] top = new float[BlockTile.ROWS * BlockTile.COLUMNS / BlockTile.BLOCK];
    private final float[] bottom = new float[top.length];
    private final float[] inverse = new float[top.length];
    private final float[] product = new float[top.length];
    private final float[] square = new float[top.length];
    private final float[] bestProduct = new float[top.length];
    private final float[] bestSquare = new float[top.length];

    private ScaleSearch(int low, int high, float... targets) {
        this.low = low;
        this.high = high;
        this.targets = targets;
    }

    /// Codes -8..7.
    static ScaleSearch int4() {
        return new ScaleSearch(
                -8, 7, -8f, -7.6f, -7.2f, -6.8f, -6.3f, -5.8f, -8.4f, -8.8f, 7f, 6.6f, 6.2f, 5.8f,
                7.4f, 7.8f);
    }

    /// Codes -127..127.
    static ScaleSearch int8() {
        return new ScaleSearch(-127, 127, 127f, 126.5f, 126f, 125.5f);
    }

    @Override
    public void quantize(BlockTile tile) {
        int lanes = tile.lanes();
        findLargest(tile, lanes);
        Arrays.fill(bestProduct, 0, lanes, 0);
        Arrays.fill(bestSquare, 0, lanes, 1);
        for (float target : targets) {
            for (int n = 0; n < lanes; n++) inverse[n] = target * top[n];
            sumUp(tile, lanes);
            keepBetter(lanes);
        }
        for (int i = 0; i < FITS; i++) {
            for (int n = 0; n < lanes; n++) inverse[n] = inverseOf(bestProduct[n] / bestSquare[n]);
            sumUp(tile, lanes);
            keepBetter(lanes);
        }
        for (int n = 0; n < lanes; n++) {
            float scale = Math.clamp(bestProduct[n] / bestSquare[n], -LARGEST_FP16, LARGEST_FP16);
            tile.scales[n] = Float.float16ToFloat(Float.floatToFloat16(scale));
            inverse[n] = inverseOf(tile.scales[n]);
        }
        for (int j = 0; j < BlockTile.BLOCK; j++)
            round(tile.values[j], inverse, low, high, tile.codes[j], lanes);
    }

    private static float inverseOf(float scale) {
        return scale == 0 ? 0 : 1 / scale;
    }

    /// Leaves one over the value of largest size, with its sign, in [#top]; 0 for blocks of zeros.
    private void findLargest(BlockTile tile, int lanes) {
        Arrays.fill(top, 0, lanes, 0);
        Arrays.fill(bottom, 0, lanes, 0);
        for (float[] x : tile.values) extend(x, top, bottom, lanes);
        for (int n = 0; n < lanes; n++) {
            float value = top[n] >= -bottom[n] ? top[n] : bottom[n];
            top[n] = Math.abs(value) < SMALLEST ? 0 : 1 / value;
        }
    }

    private static void extend(float[] x, float[] top, float[] bottom, int lanes) {
        for (int n = 0; n < lanes; n++) {
            top[n] = Math.max(top[n], x[n]);
            bottom[n] = Math.min(bottom[n], x[n]);
        }
    }

    /// `sum w x q` and `sum w q^2` for the codes that [#inverse] gives.
    private void sumUp(BlockTile tile, int lanes) {
        Arrays.fill(product, 0, lanes, 0);
        Arrays.fill(square, 0, lanes, 0);
        for (int j = 0; j < BlockTile.BLOCK; j++)
            add(tile.values[j], tile.weights[j], inverse, low, high, product, square, lanes);
    }

    private static void add(
            float[] x,
            float[] w,
            float[] inverse,
            int low,
            int high,
            float[] product,
            float[] square,
            int lanes) {
        for (int n = 0; n < lanes; n++) {
            float q = Math.max(low, Math.min(high, (int) (x[n] * inverse[n] + HALF) - OFFSET));
            float wq = w[n] * q;
            product[n] += wq * x[n];
            square[n] += wq * q;
        }
    }

    private void keepBetter(int lanes) {
        for (int n = 0; n < lanes; n++) {
            float p = product[n];
            if (p * p * bestSquare[n] > bestProduct[n] * bestProduct[n] * square[n]) {
                bestProduct[n] = p;
                bestSquare[n] = square[n];
            }
        }
    }

    private static void round(float[] x, float[] inverse, int low, int high, int[] q, int lanes) {
        for (int n = 0; n < lanes; n++)
            q[n] = Math.max(low, Math.min(high, (int) (x[n] * inverse[n] + HALF) - OFFSET));
    }
}
