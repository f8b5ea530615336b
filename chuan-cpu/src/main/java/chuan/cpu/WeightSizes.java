package chuan.cpu;

import chuan.files.DType;
import chuan.files.ModelFolder;
import chuan.files.TensorData;
import chuan.model.ModelConfig;
import chuan.model.Weights;
import java.util.List;

/// Sizes of weights in memory, told from names, shapes and types alone.
///
/// @param heldBytes as the engine holds them
/// @param mappedBytes that part of it which is the file itself, mapped: the operating system may
///   drop it and read it again
public record WeightSizes(long heldBytes, long mappedBytes) {

    /// Those of a model, held in this type, and where that is the stored one, in the file.
    public static WeightSizes of(ModelFolder folder, WeightType type) {
        return of(folder, WeightForm.of(type));
    }

    /// Those of a model, held in this form.
    public static WeightSizes of(ModelFolder folder, WeightForm form) {
        var sum = new long[2];
        Weights.of(
                folder.config(),
                (name, shape) -> {
                    var stored = folder.storedParts(name, shape);
                    long bytes = held(folder.config(), name, shape, stored, form);
                    long asStored = storedBytes(stored);
                    sum[0] = Math.addExact(sum[0], bytes);
                    var first = stored.getFirst();
                    boolean stays = !form.copied() && form.held(first.dtype()) == first.dtype();
                    if (bytes == asStored && stays && first.data().isMapped())
                        sum[1] = Math.addExact(sum[1], bytes);
                    return name;
                });
        return new WeightSizes(sum[0], sum[1]);
    }

    /// Bytes of a model in our quantized types: `int4` keeps embedding and output matrix in 8 bits.
    public static long quantized(ModelConfig c, boolean int4) {
        var sum = new long[1];
        Weights.of(
                c,
                (name, shape) -> {
                    var type = DType.F32;
                    if (shape.length == 2)
                        type = int4 && isInBlock(name) ? DType.PANEL4 : DType.PANEL8;
                    sum[0] = Math.addExact(sum[0], type.byteCount(shape));
                    return name;
                });
        return sum[0];
    }

    private static long held(
            ModelConfig c, String name, long[] shape, List<TensorData> stored, WeightForm form) {
        if (shape.length == 1) return DType.F32.byteCount(shape);
        return switch (form.type()) {
            case F32 -> DType.F32.byteCount(shape);
            case BF16 -> DType.BF16.byteCount(shape);
            case INT8 ->
                    isInBlock(name)
                            ? DType.I8.byteCount(shape) + Float.BYTES * shape[0]
                            : asStored(c, name, shape, stored, form);
            case AS_STORED -> asStored(c, name, shape, stored, form);
        };
    }

    private static long asStored(
            ModelConfig c, String name, long[] shape, List<TensorData> stored, WeightForm form) {
        boolean widened = stored.getFirst().dtype() == DType.F64;
        boolean scaled = !stored.getFirst().dtype().isFloat();
        if (scaled) return DType.I8.byteCount(shape) + Float.BYTES * shape[0];
        boolean normalized = c.normalizedHead() && name.equals(Weights.OUTPUT);
        return widened || normalized ? DType.F32.byteCount(shape) : heldBytes(shape, stored, form);
    }

    /// Rows of one type become one matrix of panels, of several types a matrix each.
    private static long heldBytes(long[] shape, List<TensorData> stored, WeightForm form) {
        var first = stored.getFirst().dtype();
        if (form.held(first) != first && stored.stream().allMatch(part -> part.dtype() == first))
            return form.held(first).byteCount(shape);
        long sum = 0;
        for (TensorData part : stored) sum += form.held(part.dtype()).byteCount(part.shape());
        return sum;
    }

    private static long storedBytes(List<TensorData> stored) {
        long sum = 0;
        for (TensorData part : stored) sum += part.data().byteSize();
        return sum;
    }

    private static boolean isInBlock(String name) {
        return !name.equals(Weights.EMBEDDING) && !name.equals(Weights.OUTPUT);
    }
}
