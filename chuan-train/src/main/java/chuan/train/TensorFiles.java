package chuan.train;

import chuan.files.DType;
import chuan.files.SafetensorsFile;
import chuan.files.SafetensorsWriter;
import chuan.files.TensorData;
import chuan.files.TensorSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Map;
import java.util.SequencedMap;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.Tensor;

/// Between libtorch's fp32 tensors and safetensors files.
final class TensorFiles {
    private static final int PIECE = 1 << 16;

    private TensorFiles() {}

    /// The values of a contiguous fp32 tensor, for a writer.
    static TensorSource.Floats values(Tensor tensor) {
        return (from, out, count) -> {
            try (var all = new FloatPointer(tensor.data_ptr_float());
                    var part = all.getPointer(from)) {
                part.get(out, 0, count);
            }
        };
    }

    static void write(Path file, SequencedMap<String, Tensor> tensors) throws IOException {
        var sources = new ArrayList<TensorSource>();
        tensors.forEach(
                (name, t) -> sources.add(TensorSource.of(name, DType.F32, shape(t), values(t))));
        SafetensorsWriter.write(file, Map.of("format", "pt"), sources);
    }

    private static long[] shape(Tensor tensor) {
        var shape = new long[Math.toIntExact(tensor.dim())];
        for (int i = 0; i < shape.length; i++) {
            shape[i] = tensor.size(i);
        }
        return shape;
    }

    /// Copies every tensor of `into` from the file.
    ///
    /// @throws TrainingException if one is missing or has another shape
    static void fill(Path file, SequencedMap<String, Tensor> into) {
        Map<String, TensorData> stored = SafetensorsFile.open(file).tensors();
        into.forEach((name, tensor) -> {
            TensorData data = stored.get(name);
            if (data == null || !Arrays.equals(data.shape(), shape(tensor))) {
                throw new TrainingException(
                        "%s: tensor %s %s; the configuration asks for %s"
                                .formatted(
                                        file,
                                        name,
                                        data == null
                                                ? "is missing"
                                                : "is " + Arrays.toString(data.shape()),
                                        Arrays.toString(shape(tensor))));
            }
            copy(data, tensor);
        });
    }

    private static void copy(TensorData data, Tensor into) {
        var piece = new float[PIECE];
        long count = into.numel();
        try (var all = new FloatPointer(into.data_ptr_float())) {
            for (long at = 0; at < count; at += PIECE) {
                int n = (int) Math.min(PIECE, count - at);
                data.copyTo(at, piece, 0, n);
                try (var part = all.getPointer(at)) {
                    part.put(piece, 0, n);
                }
            }
        }
    }
}
