package chuan.files;

import chuan.quant.ErrorSum;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A weight that is opened when its first byte is asked for and let go when the last one was:
/// copies that opening makes are freed, and mapped pages leave the process (they stay in the
/// system's cache), so that converting a model takes the memory of one weight.
final class StreamedWeight {
    /// Copies that wait for the collector before it is asked to hurry.
    private static final long COPIES_TO_FREE = 256L << 20;

    private static long copies;

    private final ModelFolder model;
    private final String name;
    private final long[] shape;
    private final List<TensorData> stored;
    private long left;
    private @Nullable WeightRows rows;
    private List<TensorData> open = List.of();

    StreamedWeight(ModelFolder model, String name, long... shape) {
        this.model = model;
        this.name = name;
        this.shape = shape;
        stored = model.storedParts(name, shape);
    }

    int columns() {
        return Math.toIntExact(shape[shape.length - 1]);
    }

    /// The type in which the files hold these rows; if it is several, or codes with scales
    /// elsewhere, fp32 holds them all.
    DType storedType(long first, long rows) {
        if (!stored.getFirst().dtype().isFloat()) return DType.F32;
        long at = 0;
        for (TensorData part : stored) {
            if (at == first && part.shape()[0] == rows) return part.dtype();
            at += part.shape()[0];
        }
        var dtype = stored.getFirst().dtype();
        return stored.stream().allMatch(part -> part.dtype() == dtype) ? dtype : DType.F32;
    }

    /// So many bytes (or whatever [#done] counts) more will be asked for in all.
    void expect(long bytes) {
        left += bytes;
    }

    /// Some rows of it as a tensor of a file; see [WeightRows].
    TensorSource source(
            String as,
            DType type,
            long[] newShape,
            long first,
            long count,
            int interleavedHeads,
            float[] importance,
            ErrorSum error) {
        return new TensorSource(
                as,
                type,
                newShape,
                (from, out) -> {
                    open().pick(first, count, interleavedHeads)
                            .write(type, importance, from, out, error);
                    done(out.byteSize());
                });
    }

    /// The weight, from its first use to its last.
    synchronized WeightRows open() {
        WeightRows current = rows;
        if (current == null) {
            open = model.parts(name, shape);
            current = WeightRows.of(open);
            rows = current;
        }
        return current;
    }

    /// So much of what was expected has been read.
    synchronized void done(long bytes) {
        left -= bytes;
        if (left > 0) return;
        for (TensorData part : open)
            if (part.data().isMapped()) part.data().unload();
            else freed(part.data().byteSize());
        open = List.of();
        rows = null;
    }

    /// Off-heap copies weigh nothing on the heap, so nothing else would make the collector run.
    private static synchronized void freed(long bytes) {
        copies += bytes;
        if (copies < COPIES_TO_FREE) return;
        copies = 0;
        System.gc();
    }
}
