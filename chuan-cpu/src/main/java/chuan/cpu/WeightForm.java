package chuan.cpu;

import chuan.files.DType;

/// How stored weights are held.
///
/// @param panels whether blocks that panels can hold become panels
/// @param copied whether nothing stays in the file
public record WeightForm(WeightType type, boolean panels, boolean copied) {

    /// In this type, else as the file has them.
    public static WeightForm of(WeightType type) {
        return new WeightForm(type, false, false);
    }

    /// As options ask for it.
    public static WeightForm of(WeightType type, Placement placement, ActivationType activations) {
        boolean own = type == WeightType.AS_STORED && placement != Placement.MAPPED;
        boolean panels = own && activations == ActivationType.INT8;
        return new WeightForm(type, panels, own && placement == Placement.COPIED);
    }

    /// The type in which a matrix of type `stored` is held, if it stays as stored.
    DType held(DType stored) {
        if (!panels) return stored;
        return switch (stored) {
            case Q4_0 -> DType.PANEL4;
            case Q8_0 -> DType.PANEL8;
            case F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL -> stored;
            case Q4_1, Q5_0, Q5_1, Q4_K, Q5_K, Q6_K, PANEL4, PANEL8 -> stored;
        };
    }
}
