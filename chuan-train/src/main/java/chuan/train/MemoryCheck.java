package chuan.train;

import chuan.autograd.TrainingMemory;
import java.util.Locale;

/// Compares what training is going to take with what there is, before anything is allocated.
///
/// @param plan of the model and its batches
record MemoryCheck(TrainingMemory plan, AvailableMemory available) {
    /// Resident memory of the JVM with its code, classes and a small heap, as measured on Linux,
    /// rounded up.
    private static final long RUNTIME_BYTES = 200_000_000;

    private long totalBytes() {
        return Math.addExact(plan.totalBytes(), RUNTIME_BYTES);
    }

    /// One line for people.
    String describe() {
        return "Memory: weights %s, gradients %s, optimizer %s, values between verbs %s, scratch %s; with Java %s of %s."
                .formatted(
                        megabytes(plan.weights()),
                        megabytes(plan.gradients()),
                        megabytes(plan.moments()),
                        megabytes(plan.values()),
                        megabytes(plan.scratch()),
                        megabytes(totalBytes()),
                        available.limit());
    }

    /// @param recomputed what the same takes with `recompute: true`
    /// @throws TrainingException if it is more than there is, with what would help
    void refuseIfTooMuch(TrainingMemory recomputed) {
        if (totalBytes() <= available.bytes()) return;
        boolean helps = recomputed.totalBytes() + RUNTIME_BYTES <= available.bytes();
        throw new TrainingException(
                "training takes %s, but there are %s: %s"
                        .formatted(
                                megabytes(totalBytes()),
                                available.limit(),
                                helps
                                        ? "recompute: true makes it %s"
                                                .formatted(
                                                        megabytes(
                                                                recomputed.totalBytes()
                                                                        + RUNTIME_BYTES))
                                        : "lower batch.sequences and raise batch.accumulation, or take a smaller model"));
    }

    private static String megabytes(long bytes) {
        return String.format(Locale.ROOT, "%,d MB", Math.ceilDiv(bytes, 1_000_000));
    }
}
