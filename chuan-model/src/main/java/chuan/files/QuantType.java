package chuan.files;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// The types that a whole model can be written in as one file. `INT8` and `INT4` are ours: panels
/// and searched scales. The others are those of llama.cpp, byte for byte. Norms are fp32 in all.
public enum QuantType {
    INT8(DType.PANEL8, DType.PANEL8),
    INT4(DType.PANEL4, DType.PANEL8),
    Q8_0(DType.Q8_0, DType.Q8_0),
    Q4_0(DType.Q4_0, DType.Q8_0),
    F16(DType.F16, DType.F16),
    BF16(DType.BF16, DType.BF16),
    F32(DType.F32, DType.F32);

    private final DType matrices;
    private final DType embeddings;

    QuantType(DType matrices, DType embeddings) {
        this.matrices = matrices;
        this.embeddings = embeddings;
    }

    /// As users write it: `int8`.
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static List<String> labels() {
        return Arrays.stream(values()).map(QuantType::label).toList();
    }

    /// Of the matrices in the blocks.
    public DType matrices() {
        return matrices;
    }

    /// Of the embedding and the output matrix, unless the user says otherwise: a four-bit model
    /// keeps them in eight, because every token passes through one row of each.
    public DType embeddings() {
        return embeddings;
    }

    /// Whether only Chuan opens such a file.
    public boolean isOurs() {
        return matrices.panels().isPresent();
    }
}
