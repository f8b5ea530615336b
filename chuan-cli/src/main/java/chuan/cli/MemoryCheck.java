package chuan.cli;

import chuan.cpu.MemoryPlan;
import chuan.cpu.WeightForm;
import chuan.cpu.WeightSizes;
import chuan.cpu.WeightType;
import chuan.engine.SchedulerOptions;
import chuan.files.ModelFolder;
import chuan.model.KvType;
import chuan.model.ModelConfig;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Compares what a model needs with what there is, before any weight is read.
///
/// @param serving how it serves; null: a single sequence
record MemoryCheck(
        ModelFolder folder,
        CommonOptions common,
        MemoryPlan plan,
        MachineMemory machine,
        @Nullable SchedulerOptions serving) {

    /// The types of `chuan quantize` that take less memory, the larger first.
    static final List<String> QUANTIZED = List.of("int8", "int4");

    /// Against what this process may have.
    static MemoryCheck of(
            ModelFolder folder,
            CommonOptions common,
            int contextTokens,
            @Nullable SchedulerOptions serving) {
        long mapped = WeightSizes.of(folder, form(common, common.weights)).mappedBytes();
        var machine =
                MachineMemory.ofProcess(mapped)
                        .within(common.memoryLimit, MachineMemory.variable());
        return of(folder, common, contextTokens, serving, common.weights, machine);
    }

    /// @param weights in which type they are held
    static MemoryCheck of(
            ModelFolder folder,
            CommonOptions common,
            int contextTokens,
            @Nullable SchedulerOptions serving,
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
        if (serving != null) plan = served(plan, c, serving, machine.bytes());
        return new MemoryCheck(folder, common, plan, machine, serving);
    }

    /// The plan of a server. How much it remembers is up to it if nobody says: then it takes less
    /// where that makes it fit, but room for one whole context.
    private static MemoryPlan served(
            MemoryPlan one, ModelConfig c, SchedulerOptions serving, long available) {
        long pool = serving.poolBytes(one.kvBytes());
        var plan = one.served(c, pool, serving.mostLogitRows());
        long over = plan.totalBytes() - available;
        if (serving.kvBytes() > 0 || over <= 0 || pool - over < one.kvBytes()) return plan;
        return one.served(c, pool - over, serving.mostLogitRows());
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
    ///
    /// @param serving plans of servers; null: of single sequences
    static Map<String, MemoryPlan> table(
            ModelFolder folder,
            int contextTokens,
            int threads,
            @Nullable SchedulerOptions serving,
            MachineMemory machine) {
        ModelConfig c = folder.config();
        var weights = new LinkedHashMap<String, Long>();
        weights.put("as stored", WeightSizes.of(folder, WeightType.AS_STORED).heldBytes());
        for (String type : QUANTIZED)
            weights.put(type, WeightSizes.quantized(c, type.equals("int4")));
        var plans = new LinkedHashMap<String, MemoryPlan>();
        weights.forEach((type, bytes) -> {
            for (KvType kv : KvType.values()) {
                if (kv == KvType.F32 && QUANTIZED.contains(type)) continue;
                var plan = MemoryPlan.of(c, bytes, kv, contextTokens, threads);
                if (serving != null) plan = served(plan, c, serving, machine.bytes());
                plans.put(type + ", --kv " + name(kv), plan);
            }
        });
        return plans;
    }

    /// One line for people.
    String summary() {
        return "memory: " + needs() + "; " + available();
    }

    private String needs() {
        return "%s for weights + %s for keys and values (%s) + %s scratch = %s"
                .formatted(
                        ByteSize.gigabytes(plan.weightBytes()),
                        ByteSize.gigabytes(plan.kvBytes()),
                        sequences(),
                        ByteSize.gigabytes(plan.scratchBytes()),
                        ByteSize.gigabytes(plan.totalBytes()));
    }

    private String sequences() {
        String one = "%,d tokens, %s".formatted(plan.contextTokens(), name(plan.kv()));
        if (serving == null) return one;
        return "--cache-memory; a context of %s takes %s"
                .formatted(one, ByteSize.gigabytes(contextBytes()));
    }

    /// Keys and values of a single sequence.
    private long contextBytes() {
        return one(plan.weightBytes(), plan.kv()).kvBytes();
    }

    private MemoryPlan one(long weightBytes, KvType kv) {
        return MemoryPlan.of(
                folder.config(), weightBytes, kv, plan.contextTokens(), common.threadsOrCores());
    }

    private String available() {
        return machine.bytes() == Long.MAX_VALUE
                ? "no limit is known (" + machine.limit() + ")"
                : ByteSize.gigabytes(machine.bytes()) + " are available (" + machine.limit() + ")";
    }

    private String advice() {
        String pool = pool();
        if (!pool.isEmpty()) return pool + " would fit";
        String context = contexts(plan.weightBytes());
        if (!context.isEmpty()) return context + wouldFit();
        if (common.weights != WeightType.AS_STORED) {
            context =
                    contexts(
                            WeightSizes.of(folder, form(common, WeightType.AS_STORED)).heldBytes());
            if (!context.isEmpty())
                return context
                        + wouldFit()
                        + (isToldPool() ? " and" : " without")
                        + " --weights "
                        + common.weights.name().toLowerCase(Locale.ROOT);
        }
        return "no context fits; " + quantizedAdvice();
    }

    /// The option with which the same contexts would fit in a server that was told to remember too
    /// much; empty if there is none.
    private String pool() {
        if (!isToldPool()) return "";
        long left = machine.bytes() - plan.weightBytes() - plan.scratchBytes();
        if (left < contextBytes()) return "";
        return "--cache-memory " + (left >> 20) + "M";
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
                return "chuan quantize --type %s makes the weights %s, and %s%s"
                        .formatted(type, ByteSize.gigabytes(bytes), context, wouldFit());
        }
        var least = MemoryPlan.of(c, smallest, KvType.INT8, 64, common.threadsOrCores());
        long bytes = Math.addExact(least.totalBytes(), servingBytes());
        return "even the smallest type needs %s (%s of weights%s)"
                .formatted(
                        ByteSize.gigabytes(bytes),
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

    /// What serving takes beside the keys and values of one context.
    private long servingBytes() {
        if (serving == null) return 0;
        return plan.scratchBytes() - one(plan.weightBytes(), plan.kv()).scratchBytes();
    }

    private int largest(long weightBytes, KvType kv) {
        return MemoryPlan.largestContext(
                folder.config(),
                weightBytes,
                kv,
                common.threadsOrCores(),
                machine.bytes() - servingBytes(),
                plan.contextTokens());
    }

    private static String option(int tokens, KvType kv) {
        return "--ctx " + tokens + " --kv " + name(kv);
    }

    private boolean isToldPool() {
        return serving != null && serving.kvBytes() > 0;
    }

    private String wouldFit() {
        return isToldPool() ? " would fit without --cache-memory" : " would fit";
    }

    private static String name(KvType kv) {
        return kv.name().toLowerCase(Locale.ROOT);
    }
}
