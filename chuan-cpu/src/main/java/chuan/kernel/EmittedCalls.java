package chuan.kernel;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// How machine code is called that works on Java arrays where they are. The calls are critical
/// ones, during which the garbage collector waits: none may last longer than some microseconds.
/// Making a handle takes milliseconds at start-up, so different functions share a signature.
final class EmittedCalls {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    /// `(code, address, array, long, array, long, long, long)`
    static final MethodHandle MEMORY = handle(LONG);

    /// `(code, array, array, long, array, long, long, long)`
    static final MethodHandle ARRAYS = handle(ValueLayout.ADDRESS);

    /// Made when first called for: not every model needs it.
    private static final class Wide {
        /// `(code, address, address, array, array, long, long, long, long, long, long)`
        private static final MethodHandle ROWS = wideRows();
    }

    private EmittedCalls() {}

    private static MethodHandle handle(MemoryLayout first) {
        var array = ValueLayout.ADDRESS;
        var function = FunctionDescriptor.ofVoid(first, array, LONG, array, LONG, LONG, LONG);
        return Linker.nativeLinker().downcallHandle(function, Linker.Option.critical(true));
    }

    private static MethodHandle wideRows() {
        var array = ValueLayout.ADDRESS;
        var function =
                FunctionDescriptor.ofVoid(
                        LONG, LONG, array, array, LONG, LONG, LONG, LONG, LONG, LONG);
        return Linker.nativeLinker().downcallHandle(function, Linker.Option.critical(true));
    }

    /// [RowsKernel] on weights off the heap; [ArrangeKernel].
    static void rows(
            MemorySegment code,
            long weights,
            float[] x,
            long xStart,
            float[] y,
            long yStart,
            long columns,
            long yStride) {
        try {
            MEMORY.invokeExact(
                    code,
                    weights,
                    MemorySegment.ofArray(x),
                    xStart,
                    MemorySegment.ofArray(y),
                    yStart,
                    columns,
                    yStride);
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    /// [WideRowsKernel].
    static void wideRows(
            MemorySegment code,
            long weights,
            long x,
            float[] scratch,
            float[] y,
            long yStart,
            long columns,
            long yStride,
            long groups,
            long tiles,
            long smaller) {
        try {
            Wide.ROWS.invokeExact(
                    code,
                    weights,
                    x,
                    MemorySegment.ofArray(scratch),
                    MemorySegment.ofArray(y),
                    yStart,
                    columns,
                    yStride,
                    groups,
                    tiles,
                    smaller);
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    /// [RowsKernel] on weights in an array, and those [ElementKernel]s that work on arrays.
    static void arrays(
            MemorySegment code,
            float[] a,
            float[] b,
            long bStart,
            float[] c,
            long cStart,
            long n,
            long last) {
        try {
            ARRAYS.invokeExact(
                    code,
                    MemorySegment.ofArray(a),
                    MemorySegment.ofArray(b),
                    bStart,
                    MemorySegment.ofArray(c),
                    cStart,
                    n,
                    last);
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    /// [ElementKernel]s of pages. They read no second array; were there a segment of another kind
    /// in its place, the compiler could no longer do without making all these segments.
    static void page(
            MemorySegment code,
            long page,
            float[] sums,
            float number,
            float second,
            long groups,
            float third) {
        try {
            MEMORY.invokeExact(
                    code,
                    page,
                    MemorySegment.ofArray(sums),
                    bits(number),
                    MemorySegment.ofArray(sums),
                    bits(second),
                    groups,
                    bits(third));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    /// As machine code takes a number from a general register.
    static long bits(float number) {
        return Float.floatToRawIntBits(number) & 0xffff_ffffL;
    }

    /// Machine code throws nothing; the handle has to say that it might.
    static IllegalStateException impossible(Throwable e) {
        if (e instanceof Error error) throw error;
        return new IllegalStateException(e);
    }
}
