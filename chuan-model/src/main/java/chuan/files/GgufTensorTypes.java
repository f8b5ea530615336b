package chuan.files;

import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// The numbers of tensor types in GGUF files: those of ggml, and two of our own that spell "CH".
final class GgufTensorTypes {
    private static final Map<Integer, DType> BY_NUMBER =
            Map.ofEntries(
                    Map.entry(0, DType.F32),
                    Map.entry(1, DType.F16),
                    Map.entry(2, DType.Q4_0),
                    Map.entry(3, DType.Q4_1),
                    Map.entry(6, DType.Q5_0),
                    Map.entry(7, DType.Q5_1),
                    Map.entry(8, DType.Q8_0),
                    Map.entry(12, DType.Q4_K),
                    Map.entry(13, DType.Q5_K),
                    Map.entry(14, DType.Q6_K),
                    Map.entry(24, DType.I8),
                    Map.entry(25, DType.I16),
                    Map.entry(26, DType.I32),
                    Map.entry(27, DType.I64),
                    Map.entry(28, DType.F64),
                    Map.entry(30, DType.BF16),
                    Map.entry(0x4348_0004, DType.PANEL4),
                    Map.entry(0x4348_0008, DType.PANEL8));

    private static final Map<DType, Integer> BY_TYPE =
            BY_NUMBER.entrySet().stream()
                    .collect(Collectors.toUnmodifiableMap(Map.Entry::getValue, Map.Entry::getKey));

    /// Those of ggml that are not read here.
    private static final Map<Integer, String> OTHERS =
            Map.ofEntries(
                    Map.entry(9, "Q8_1"),
                    Map.entry(10, "Q2_K"),
                    Map.entry(11, "Q3_K"),
                    Map.entry(15, "Q8_K"),
                    Map.entry(16, "IQ2_XXS"),
                    Map.entry(17, "IQ2_XS"),
                    Map.entry(18, "IQ3_XXS"),
                    Map.entry(19, "IQ1_S"),
                    Map.entry(20, "IQ4_NL"),
                    Map.entry(21, "IQ3_S"),
                    Map.entry(22, "IQ2_S"),
                    Map.entry(23, "IQ4_XS"),
                    Map.entry(29, "IQ1_M"),
                    Map.entry(34, "TQ1_0"),
                    Map.entry(35, "TQ2_0"),
                    Map.entry(39, "MXFP4"));

    private GgufTensorTypes() {}

    static Optional<DType> numbered(int number) {
        return Optional.ofNullable(BY_NUMBER.get(number));
    }

    /// Empty for types that GGUF does not have.
    static Optional<Integer> number(DType type) {
        return Optional.ofNullable(BY_TYPE.get(type));
    }

    /// Why a number that is not read is none.
    static String complaint(int number) {
        return OTHERS.containsKey(number)
                ? "is in "
                        + OTHERS.get(number)
                        + ", which is not supported; take a file in Q4_0, Q4_K_M, Q8_0 or F16"
                : "its type id " + Integer.toUnsignedString(number) + " is unknown";
    }
}
