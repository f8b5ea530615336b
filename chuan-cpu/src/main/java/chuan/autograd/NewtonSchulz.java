package chuan.autograd;

import chuan.cpu.LargeMemory;
import chuan.cpu.WorkerPool;
import chuan.kernel.BlockProduct;
import chuan.kernel.GradientKernels;
import chuan.kernel.Kernels;
import java.lang.foreign.Arena;

/// Makes a matrix nearly orthogonal: `U S V^T` becomes about `U V^T`, by the iteration `X <- a X +
/// b (X X^T) X + c (X X^T)^2 X` of Jordan et al. 2024 from `X` over its Frobenius norm. The
/// coefficients let small singular values grow fast rather than any converge: after five iterations
/// those that were at least 0.002 of the norm are between 0.68 and 1.21.
///
/// Works on memory of its own, for one thread.
final class NewtonSchulz implements AutoCloseable {
    private static final float A = 3.4445f;
    private static final float B = -4.7750f;
    private static final float C = 2.0315f;

    /// Below this length a matrix counts as zero.
    private static final double SMALLEST = 1e-7;

    /// Floats behind each row: rows of a power of two would all want the same places of a cache
    /// when columns are read.
    private static final int PADDING = 16;

    private final GradientKernels kernels;
    private final int iterations;
    private final WorkerPool alone = new WorkerPool(1);
    private final Scratch scratch = new Scratch(1);
    private final Arena arena = Arena.ofShared();
    private final Product product;
    private final float[] sums = new float[Kernels.LANES];
    private long x;
    private long next;
    private final long gram;
    private final long square;
    private int rows;
    private int columns;

    /// Room for matrices of up to so many rows and columns, `shorter` in the smaller direction.
    NewtonSchulz(
            BlockProduct kernel,
            GradientKernels kernels,
            int iterations,
            int rows,
            int columns,
            int shorter) {
        this.kernels = kernels;
        this.iterations = iterations;
        product = new Product(kernel, alone, scratch);
        int longer = Math.max(rows, columns);
        scratch.reserve(
                Product.ownBytes(kernel),
                Math.max(
                        Product.packedBytes(kernel, longer, shorter),
                        Product.packedBytes(kernel, shorter, longer)));
        long most = Math.max(bytes(shorter, longer), bytes(longer, shorter));
        x = allocate(most);
        next = allocate(most);
        gram = allocate(bytes(shorter, shorter));
        square = allocate(bytes(shorter, shorter));
    }

    private static long bytes(int rows, int columns) {
        return Math.multiplyExact(rows, stride(columns));
    }

    private long allocate(long bytes) {
        return LargeMemory.allocate(bytes, Buffer.ALIGNMENT, arena).address();
    }

    /// Bytes from a row to the next.
    private static long stride(int columns) {
        return (Math.ceilDiv(columns, PADDING) + 1L) * PADDING * Float.BYTES;
    }

    /// Says the size of the next matrix.
    void resize(int rows, int columns) {
        this.rows = rows;
        this.columns = columns;
    }

    /// Address of a row: before [#run] of the matrix, after it of the result.
    long row(int i) {
        return x + i * stride(columns);
    }

    /// Replaces the matrix by an almost orthogonal one. A zero matrix stays as it is.
    void run() {
        normalize();
        long row = stride(columns);
        boolean wide = rows <= columns;
        int side = Math.min(rows, columns);
        long squareRow = stride(side);
        for (int i = 0; i < iterations; i++) {
            if (wide)
                product.a(x, row, Float.BYTES)
                        .b(x, Float.BYTES, row)
                        .c(gram, squareRow)
                        .run(side, side, columns, false);
            else
                product.a(x, Float.BYTES, row)
                        .b(x, row, Float.BYTES)
                        .c(gram, squareRow)
                        .run(side, side, rows, false);
            polynomial(side, squareRow);
            if (wide) product.a(square, squareRow, Float.BYTES).b(x, row, Float.BYTES);
            else product.a(x, row, Float.BYTES).b(square, squareRow, Float.BYTES);
            product.c(next, row).run(rows, columns, side, false);
            long done = x;
            x = next;
            next = done;
        }
    }

    /// `square = A I + B gram + C gram gram`.
    private void polynomial(int side, long row) {
        product.a(gram, row, Float.BYTES)
                .b(gram, row, Float.BYTES)
                .c(square, row)
                .run(side, side, side, false);
        for (int i = 0; i < side; i++) {
            long at = square + i * row;
            kernels.blend(B, gram + i * row, C, at, side, at);
            Floats.put(at, i, Floats.get(at, i) + A);
        }
    }

    /// Divides by the Frobenius norm, which no singular value exceeds.
    private void normalize() {
        double squares = 0;
        for (int i = 0; i < rows; i++) squares += kernels.dot(row(i), row(i), columns, sums);
        float factor = (float) (1 / Math.max(Math.sqrt(squares), SMALLEST));
        for (int i = 0; i < rows; i++) kernels.blend(factor, row(i), 0, row(i), columns, row(i));
    }

    @Override
    public void close() {
        arena.close();
        scratch.close();
        alone.close();
    }
}
