package chuan.cli;

import chuan.cpu.MemoryPlan;
import chuan.cpu.WeightForm;
import chuan.cpu.WeightSizes;
import chuan.cpu.WeightType;
import chuan.files.ModelFolder;
import chuan.model.KvType;
import chuan.model.ModelConfig;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Compares what a model needs with what there is, before any weight is read.
record MemoryCheck(
        ModelFolder folder, CommonOptions common, MemoryPlan plan, MachineMemory machine) {

    /// The types of `chuan quantize` that take less memory, the larger first.
    static final List<String> QUANTIZED = List.of("int8", "int4");

    /// Against what this process may have.
    static MemoryCheck of(ModelFolder folder, CommonOptions common, int contextTokens) {
        long mapped = WeightSizes.of(folder, form(common, common.weights)).mappedBytes();
        var machine =
                MachineMemory.ofProcess(mapped)
                        .within(common.memoryLimit, MachineMemory.variable());
        return of(folder, common, contextTokens, common.weights, machine);
    }

    /// @param weights in which type they are held
    static MemoryCheck of(
            ModelFolder folder,
            CommonOptions common,
            int contextTokens,
            WeightType weights,
            MachineMemory machine) {
        ModelConfig c = folder.config();
        var plan =
                MemoryPlan.of(
                        c,
                        WeightSizes.of(folder, form(common, weights)).heldBytes(),
                        common.kv.type(c, contextTokens),
                        contextTokens,
                        common.threadsOrCores());
        return new MemoryCheck(folder, common, plan, machine);
    }

    private static WeightForm form(CommonOptions common, WeightType weights) {
        return WeightForm.of(weights, common.placement(), common.activationsOrFast());
    }

    /// @throws CliException if the model needs more than there is, with what would fit
    void refuseIfTooMuch() {
        if (fits()) return;
        throw new CliException(
                folder.path() + " needs " + needs() + ", but " + available() + "; " + advice());
    }

    boolean fits() {
        return plan.totalBytes() <= machine.bytes();
    }

    /// The plan for a context in each number type of keys and values, and that of the quantized
    /// types, by what they are called in a report.
    static Map<String, MemoryPlan> table(ModelFolder folder, int contextTokens, int threads) {
        ModelConfig c = folder.config();
        long stored = WeightSizes.of(folder, WeightType.AS_STORED).heldBytes();
        var plans = new LinkedHashMap<String, MemoryPlan>();
        for (KvType kv : KvType.values())
            plans.put(
                    "as stored, --kv " + name(kv),
                    MemoryPlan.of(c, stored, kv, contextTokens, threads));
        for (String type : QUANTIZED)
            for (KvType kv : new KvType[] {KvType.F16, KvType.INT8}) {
                long bytes = WeightSizes.quantized(c, type.equals("int4"));
                plans.put(
                        type + ", --kv " + name(kv),
                        MemoryPlan.of(c, bytes, kv, contextTokens, threads));
            }
        return plans;
    }

    /// One line for `--verbose`.
    String summary() {
        return "memory: " + needs() + "; " + available();
    }

    private String needs() {
        return "%s for weights + %s for keys and values (%,d tokens, %s) + %s scratch = %s"
                .formatted(
                        ByteSize.gigabytes(plan.weightBytes()),
                        ByteSize.gigabytes(plan.kvBytes()),
                        plan.contextTokens(),
                        name(plan.kv()),
                        ByteSize.gigabytes(plan.scratchBytes()),
                        ByteSize.gigabytes(plan.totalBytes()));
    }

    private String available() {
        return machine.bytes() == Long.MAX_VALUE
                ? "no limit is known (" + machine.limit() + ")"
                : ByteSize.gigabytes(machine.bytes()) + " are available (" + machine.limit() + ")";
    }

    private String advice() {
        String context = contexts(plan.weightBytes());
        if (!context.isEmpty()) return context + " would fit";
        if (common.weights != WeightType.AS_STORED) {
            var stored = of(folder, common, plan.contextTokens(), WeightType.AS_STORED, machine);
            context = contexts(stored.plan.weightBytes());
            if (!context.isEmpty())
                return context
                        + " would fit without --weights "
                        + common.weights.name().toLowerCase(Locale.ROOT);
        }
        return "no context fits; " + quantizedAdvice();
    }

    private String quantizedAdvice() {
        ModelConfig c = folder.config();
        long stored = WeightSizes.of(folder, WeightType.AS_STORED).heldBytes();
        long smallest = stored;
        for (String type : QUANTIZED) {
            long bytes = WeightSizes.quantized(c, type.equals("int4"));
            if (bytes >= stored) continue;
            smallest = bytes;
            String context = contexts(bytes);
            if (!context.isEmpty())
                return "chuan quantize --type %s makes the weights %s, and %s would fit"
                        .formatted(type, ByteSize.gigabytes(bytes), context);
        }
        var least = MemoryPlan.of(c, smallest, KvType.INT8, 64, common.threadsOrCores());
        return "even the smallest type needs %s (%s of weights%s)"
                .formatted(
                        ByteSize.gigabytes(least.totalBytes()),
                        ByteSize.gigabytes(smallest),
                        smallest == stored ? "" : " after chuan quantize --type int4");
    }

    /// The options with which the largest contexts fit: in the number type that was chosen, and in
    /// int8 where that is more. Empty if none fits.
    private String contexts(long weightBytes) {
        int chosen = largest(weightBytes, plan.kv());
        int smallest = largest(weightBytes, KvType.INT8);
        if (smallest == 0) return "";
        String small = option(smallest, KvType.INT8);
        if (chosen == smallest) return option(chosen, plan.kv());
        return chosen == 0 ? small : option(chosen, plan.kv()) + ", or " + small + ",";
    }

    private int largest(long weightBytes, KvType kv) {
        return MemoryPlan.largestContext(
                folder.config(),
                weightBytes,
                kv,
                common.threadsOrCores(),
                machine.bytes(),
                plan.contextTokens());
    }

    private static String option(int tokens, KvType kv) {
        return "--ctx " + tokens + " --kv " + name(kv);
    }

    private static String name(KvType kv) {
        return kv.name().toLowerCase(Locale.ROOT);
    }
}
