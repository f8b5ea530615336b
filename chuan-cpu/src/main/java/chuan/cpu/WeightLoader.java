package chuan.cpu;

import chuan.files.DType;
import chuan.files.ModelFolder;
import chuan.files.OffHeap;
import chuan.files.RowScaled;
import chuan.files.StoredRows;
import chuan.files.TensorData;
import chuan.kernel.Matrix;
import chuan.kernel.WeightFormat;
import chuan.model.Weights;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Turns stored tensors into [CpuWeight]s. Copies live until nobody holds them.
final class WeightLoader implements ModelFolder.Converter<CpuWeight> {
    private final WeightType type;
    private final @Nullable WeightPlacer placer;

    /// At once, in the caller's thread.
    WeightLoader(WeightType type) {
        this.type = type;
        this.placer = null;
    }

    /// Matrices that stay as stored are left to `placer`.
    WeightLoader(WeightForm form, WeightPlacer placer) {
        this.type = form.type();
        this.placer = type == WeightType.AS_STORED ? placer : null;
    }

    @Override
    public Optional<CpuWeight> place(String name, List<StoredRows> parts) {
        return placer == null ? Optional.empty() : placer.place(name, parts);
    }

    /// Several tensors stay where they are, unless another number type is asked for.
    @Override
    public CpuWeight convertRows(String name, List<TensorData> parts) {
        return type == WeightType.AS_STORED
                ? new CpuWeight.Stacked(parts.stream().map(WeightLoader::asStored).toList())
                : ModelFolder.Converter.super.convertRows(name, parts);
    }

    @Override
    public CpuWeight convert(TensorData tensor) {
        if (tensor.shape().length == 1) return new CpuWeight.Gain(tensor.toFloats());
        return new CpuWeight.Linear(
                switch (type) {
                    case AS_STORED -> asStored(tensor);
                    case F32 -> tensor.dtype() == DType.F32 ? asStored(tensor) : toF32(tensor);
                    case BF16 -> tensor.dtype() == DType.BF16 ? asStored(tensor) : toBf16(tensor);
                    case INT8 -> isInBlock(tensor) ? toInt8(tensor) : asStored(tensor);
                });
    }

    /// The codes stay where they are, if they are bytes; the arithmetic is that of
    /// [WeightType#INT8].
    @Override
    public CpuWeight convertScaled(RowScaled rows) {
        if (type != WeightType.AS_STORED && type != WeightType.INT8)
            return ModelFolder.Converter.super.convertScaled(rows);
        var codes = rows.codeBytes();
        if (!codes.isNative()) codes = OffHeap.allocate(codes.byteSize()).copyFrom(codes);
        return new CpuWeight.Linear(
                new Matrix(
                        WeightFormat.INT8,
                        rows.rows(),
                        rows.columns(),
                        codes,
                        rows.scales().toFloats()));
    }

    private static boolean isInBlock(TensorData tensor) {
        return !tensor.name().equals(Weights.EMBEDDING) && !tensor.name().equals(Weights.OUTPUT);
    }

    private static Matrix asStored(TensorData tensor) {
        return switch (tensor.dtype()) {
            case F32 -> view(tensor, WeightFormat.F32);
            case BF16 -> view(tensor, WeightFormat.BF16);
            case F16 -> view(tensor, WeightFormat.F16);
            case F64, I64, I32, I16, I8, U8, BOOL -> toF32(tensor);
            case Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K, PANEL4, PANEL8 ->
                    view(tensor, WeightFormat.valueOf(tensor.dtype().name()));
        };
    }

    private static Matrix view(TensorData tensor, WeightFormat format) {
        var data = tensor.data();
        if (!data.isNative()) data = OffHeap.allocate(data.byteSize()).copyFrom(data);
        return matrix(tensor, format, data);
    }

    private static Matrix toF32(TensorData tensor) {
        var out = allocate(tensor, WeightFormat.F32);
        var row = new float[columns(tensor)];
        for (long at = 0; at < tensor.elements(); at += row.length) {
            tensor.copyTo(at, row, 0, row.length);
            MemorySegment.copy(row, 0, out, ValueLayout.JAVA_FLOAT, at * Float.BYTES, row.length);
        }
        return matrix(tensor, WeightFormat.F32, out);
    }

    private static Matrix toBf16(TensorData tensor) {
        var out = allocate(tensor, WeightFormat.BF16);
        var row = new float[columns(tensor)];
        for (long at = 0; at < tensor.elements(); at += row.length) {
            tensor.copyTo(at, row, 0, row.length);
            for (int i = 0; i < row.length; i++)
                out.setAtIndex(ValueLayout.JAVA_SHORT, at + i, DType.toBf16(row[i]));
        }
        return matrix(tensor, WeightFormat.BF16, out);
    }

    /// Symmetric: the largest absolute value of a row becomes 127, rounding is half to even. The
    /// scale is rounded to the stored type first, as the official code computes it there.
    private static Matrix toInt8(TensorData tensor) {
        var out = allocate(tensor, WeightFormat.INT8);
        var row = new float[columns(tensor)];
        var scales = new float[rows(tensor)];
        for (int r = 0; r < scales.length; r++) {
            long at = (long) r * row.length;
            tensor.copyTo(at, row, 0, row.length);
            float largest = 0;
            for (float v : row) largest = Math.max(largest, Math.abs(v));
            scales[r] = rounded(tensor.dtype(), largest / 127);
            for (int i = 0; i < row.length; i++) {
                double quotient = scales[r] == 0 ? 0 : Math.rint(row[i] / scales[r]);
                out.set(ValueLayout.JAVA_BYTE, at + i, (byte) Math.clamp(quotient, -127, 127));
            }
        }
        return new Matrix(WeightFormat.INT8, scales.length, row.length, out, scales);
    }

    private static float rounded(DType type, float value) {
        return switch (type) {
            case BF16 -> DType.fromBf16(DType.toBf16(value));
            case F16 -> Float.float16ToFloat(Float.floatToFloat16(value));
            case F32, F64, I64, I32, I16, I8, U8, BOOL -> value;
            case Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K, PANEL4, PANEL8 -> value;
        };
    }

    private static Matrix matrix(TensorData tensor, WeightFormat format, MemorySegment data) {
        return new Matrix(format, rows(tensor), columns(tensor), data, new float[0]);
    }

    private static MemorySegment allocate(TensorData tensor, WeightFormat format) {
        return OffHeap.allocate(Math.multiplyExact(tensor.elements(), (long) format.bytes()));
    }

    private static int rows(TensorData tensor) {
        return Math.toIntExact(tensor.shape()[0]);
    }

    private static int columns(TensorData tensor) {
        return Math.toIntExact(tensor.shape()[1]);
    }
}
