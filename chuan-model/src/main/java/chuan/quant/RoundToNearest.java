package chuan.quant;

/// llama.cpp's Q4_0 and Q8_0, bit for bit (`quantize_row_q4_0_ref`, `quantize_row_q8_0_ref`): the
/// largest value decides the scale, and codes are rounded with the scale as it was before fp16.
final class RoundToNearest implements BlockQuantizer {
    private final boolean fourBits;
    private float[] largest = new float[0];
    private float[] smallest = new float[0];

    private RoundToNearest(boolean fourBits) {
        this.fourBits = fourBits;
    }

    /// Codes -8..7; the value of largest size becomes -8.
    static RoundToNearest q4() {
        return new RoundToNearest(true);
    }

    /// Codes -127..127.
    static RoundToNearest q8() {
        return new RoundToNearest(false);
    }

    @Override
    public void quantize(BlockTile tile) {
        int lanes = tile.lanes();
        var inverse = new float[lanes];
        findExtremes(tile, lanes);
        for (int n = 0; n < lanes; n++) {
            float d = fourBits ? extreme(tile, n) / -8 : Math.max(largest[n], -smallest[n]) / 127;
            inverse[n] = d == 0 ? 0 : 1 / d;
            tile.scales[n] = Float.float16ToFloat(Float.floatToFloat16(d));
        }
        for (int j = 0; j < BlockTile.BLOCK; j++)
            if (fourBits) round4(tile.values[j], inverse, tile.codes[j], lanes);
            else round8(tile.values[j], inverse, tile.codes[j], lanes);
    }

    private void findExtremes(BlockTile tile, int lanes) {
        largest = new float[lanes];
        smallest = new float[lanes];
        for (float[] x : tile.values) extend(x, largest, smallest, lanes);
    }

    private static void extend(float[] x, float[] largest, float[] smallest, int lanes) {
        for (int n = 0; n < lanes; n++) {
            largest[n] = Math.max(largest[n], x[n]);
            smallest[n] = Math.min(smallest[n], x[n]);
        }
    }

    /// The value of largest size with its sign; of two such the first.
    private float extreme(BlockTile tile, int lane) {
        float high = largest[lane];
        float low = smallest[lane];
        if (high != -low) return high > -low ? high : low;
        for (float[] x : tile.values) if (Math.abs(x[lane]) == high) return x[lane];
        return high;
    }

    private static void round4(float[] x, float[] inverse, int[] q, int lanes) {
        for (int n = 0; n < lanes; n++) q[n] = Math.min(15, (int) (x[n] * inverse[n] + 8.5f)) - 8;
    }

    /// C's `roundf`, halves away from zero: twice the part behind the point, cut off, is the carry.
    private static void round8(float[] x, float[] inverse, int[] q, int lanes) {
        for (int n = 0; n < lanes; n++) {
            float v = x[n] * inverse[n];
            int whole = (int) v;
            q[n] = whole + (int) (2 * (v - whole));
        }
    }
}
