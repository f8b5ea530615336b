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
import java.util.Set;

/// Between the tensors of a back end and safetensors files.
final class TensorFiles {
    private static final int PIECE = 1 << 16;

    private TensorFiles() {}

    static void write(Path file, SequencedMap<String, FloatTensor> tensors) throws IOException {
        var sources = new ArrayList<TensorSource>();
        tensors.forEach(
                (name, t) -> sources.add(TensorSource.of(name, DType.F32, t.shape(), t::read)));
        SafetensorsWriter.write(file, Map.of("format", "pt"), sources);
    }

    /// Of the tensors in a file.
    static Set<String> names(Path file) {
        return SafetensorsFile.open(file).tensors().keySet();
    }

    /// Copies every tensor of `into` from the file.
    ///
    /// @throws TrainingException if one is missing or has another shape
    static void fill(Path file, SequencedMap<String, FloatTensor> into) {
        Map<String, TensorData> stored = SafetensorsFile.open(file).tensors();
        into.forEach((name, tensor) -> {
            TensorData data = stored.get(name);
            if (data == null || !Arrays.equals(data.shape(), tensor.shape())) {
                throw new TrainingException(
                        "%s: tensor %s %s; the configuration asks for %s"
                                .formatted(
                                        file,
                                        name,
                                        data == null
                                                ? "is missing"
                                                : "is " + Arrays.toString(data.shape()),
                                        Arrays.toString(tensor.shape())));
            }
            copy(data, tensor);
        });
    }

    private static void copy(TensorData data, FloatTensor into) {
        var piece = new float[PIECE];
        long count = into.count();
        for (long at = 0; at < count; at += PIECE) {
            int n = (int) Math.min(PIECE, count - at);
            data.copyTo(at, piece, 0, n);
            into.write(at, piece, n);
        }
    }
}
