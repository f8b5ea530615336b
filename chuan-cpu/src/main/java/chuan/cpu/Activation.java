package chuan.cpu;

/// A place for `[rows, width]` fp32 values, used again and again by [CpuOps]. Grows, never shrinks.
final class Activation {
    private float[] data = new float[0];
    private int rows;
    private int width;

    /// Makes room for `[rows, width]`; the values are undefined.
    Activation shape(int newRows, int newWidth) {
        int n = Math.multiplyExact(newRows, newWidth);
        if (data.length < n) data = new float[n];
        rows = newRows;
        width = newWidth;
        return this;
    }

    /// Lies in this array from now on.
    void over(float[] array) {
        data = array;
    }

    /// Row after row; longer than `rows * width` is possible.
    float[] data() {
        return data;
    }

    int rows() {
        return rows;
    }

    int width() {
        return width;
    }

    /// Elements in use.
    int size() {
        return rows * width;
    }
}
