package chuan.cli;

import chuan.cpu.MemoryPlan;
import chuan.files.ModelFolder;
import chuan.files.TensorData;
import chuan.model.KvType;
import chuan.model.ModelConfig;
import chuan.model.Position;
import chuan.model.RopeScaling;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `chuan inspect`: what a model folder or file holds, without computing anything.
@Command(
        name = "inspect",
        description = "Says what a model is: architecture, tensors, size, memory, licence.",
        mixinStandardHelpOptions = true)
final class InspectCommand implements Callable<Integer> {
    private final Streams streams;

    @Parameters(
            arity = "0..1",
            paramLabel = "MODEL",
            description =
                    "Model folder, .gguf file or name of a pulled model; default: the shipped one.")
    @Nullable Path folder;

    @Option(names = "--tensors", description = "List every tensor.")
    boolean tensors;

    @Option(
            names = "--ctx",
            paramLabel = "N",
            description = "Tokens to plan memory for; default: what the model was made for.")
    int context;

    @Option(
            names = "--cache-memory",
            paramLabel = "SIZE",
            description = "Plan chuan serve with this; default: what it would take here.")
    String cacheMemory = "";

    @Option(names = "--json", description = "As one JSON object, tensors included.")
    boolean json;

    InspectCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws IOException {
        var model = ModelFolder.open(folder == null ? Models.shipped() : Models.named(folder));
        Map<String, Object> report = report(model);
        int tokens = context > 0 ? context : model.config().maxContext();
        var machine = MachineMemory.ofProcess(0).within("", MachineMemory.variable());
        int threads = Runtime.getRuntime().availableProcessors();
        var single = MemoryCheck.table(model, tokens, threads, null, machine);
        var serving = ServeCommand.caching(cacheMemory);
        var served = MemoryCheck.table(model, tokens, threads, serving, machine);
        if (json) {
            report.put("memory", memory(tokens, single, served, machine));
            report.put("tensors", model.stored().values().stream().map(this::tensor).toList());
            streams.out().println(Json.line(report));
            return 0;
        }
        report.forEach((key, value) -> streams.out().printf("%-18s %s%n", key, text(key, value)));
        printMemory("memory for %,d tokens, in GB".formatted(tokens), single, machine);
        printMemory("memory of chuan serve", served, machine);
        streams.out().println("  available: " + machine.describe());
        if (tensors)
            for (TensorData t : model.stored().values())
                streams.out().printf("  %-50s %-6s %s%n", t.name(), t.dtype(), shape(t));
        return 0;
    }

    private static Map<String, Object> report(ModelFolder model) throws IOException {
        ModelConfig c = model.config();
        var r = new LinkedHashMap<String, Object>();
        r.put("path", model.path().toString());
        r.put("format", ModelFormat.name(model));
        r.put("position", position(c.position()));
        r.put("positionReason", model.positionReason());
        r.put("vocab", c.vocab());
        r.put("hidden", c.hidden());
        r.put("ff", c.ff());
        r.put("layers", c.layers());
        r.put("heads", c.heads());
        r.put("kvHeads", c.kvHeads());
        r.put("headDim", c.headDim());
        r.put("context", c.maxContext());
        r.put("normalizedHead", c.normalizedHead());
        r.put("tiedEmbeddings", c.tiedEmbeddings());
        r.put("parameters", model.parameters());
        r.put("numberTypes", numberTypes(model));
        r.put("weightBytes", model.weightBytes());
        var perToken = new LinkedHashMap<String, Long>();
        for (KvType kv : KvType.values())
            perToken.put(kv.name().toLowerCase(Locale.ROOT), kv.bytesPerToken(c));
        r.put("kvBytesPerToken", perToken);
        r.put("tokenizer", model.tokenizer().isPresent());
        r.put("chatFormat", model.generation().userTokenId() >= 0);
        r.put("licence", ModelFormat.licence(model));
        return r;
    }

    private void printMemory(String title, Map<String, MemoryPlan> plans, MachineMemory machine) {
        streams.out()
                .printf(
                        Locale.ROOT,
                        "%n%-34s %9s %9s %9s %9s%n",
                        title,
                        "weights",
                        "kv",
                        "scratch",
                        "total");
        plans.forEach((name, p) ->
                streams.out()
                        .printf(
                                Locale.ROOT,
                                "  %-32s %9.2f %9.2f %9.2f %9.2f%s%n",
                                name,
                                p.weightBytes() / 1e9,
                                p.kvBytes() / 1e9,
                                p.scratchBytes() / 1e9,
                                p.totalBytes() / 1e9,
                                p.totalBytes() <= machine.bytes() ? "" : "  too much"));
    }

    private static Map<String, Object> memory(
            int tokens,
            Map<String, MemoryPlan> single,
            Map<String, MemoryPlan> served,
            MachineMemory machine) {
        var memory = new LinkedHashMap<String, Object>();
        memory.put("contextTokens", tokens);
        memory.put("availableBytes", machine.bytes());
        memory.put("limit", machine.limit());
        memory.put("plans", rows(single, machine));
        memory.put("servePlans", rows(served, machine));
        return memory;
    }

    private static List<Map<String, Object>> rows(
            Map<String, MemoryPlan> plans, MachineMemory machine) {
        var rows = new ArrayList<Map<String, Object>>();
        plans.forEach((name, p) -> {
            var row = new LinkedHashMap<String, Object>();
            row.put("weights_and_kv", name);
            row.put("weightBytes", p.weightBytes());
            row.put("kvBytes", p.kvBytes());
            row.put("scratchBytes", p.scratchBytes());
            row.put("totalBytes", p.totalBytes());
            row.put("fits", p.totalBytes() <= machine.bytes());
            rows.add(row);
        });
        return rows;
    }

    private static String position(Position position) {
        return switch (position) {
            case Position.Alibi _ -> "alibi";
            case Position.Rope(double theta, RopeScaling scaling) ->
                    "rope, theta " + theta + scaled(scaling);
        };
    }

    private static String scaled(RopeScaling scaling) {
        return switch (scaling) {
            case RopeScaling.None _ -> "";
            case RopeScaling.Linear(double factor) -> ", linear scaling, factor " + factor;
            case RopeScaling.Dynamic(double factor, _, _) -> ", dynamic NTK, factor " + factor;
        };
    }

    /// Tensors per number type.
    private static Map<String, Long> numberTypes(ModelFolder model) {
        var counts = new TreeMap<String, Long>();
        for (TensorData t : model.stored().values()) counts.merge(t.dtype().name(), 1L, Long::sum);
        return counts;
    }

    private Map<String, Object> tensor(TensorData t) {
        var entry = new LinkedHashMap<String, Object>();
        entry.put("name", t.name());
        entry.put("type", t.dtype().name());
        entry.put("shape", t.shape());
        return entry;
    }

    private static List<Long> shape(TensorData t) {
        return java.util.Arrays.stream(t.shape()).boxed().toList();
    }

    private static String text(String key, Object value) {
        if (value instanceof Long n && key.toLowerCase(Locale.ROOT).contains("bytes"))
            return String.format(Locale.ROOT, "%,d (%.1f MB)", n, n / 1e6);
        return value instanceof Long n ? String.format(Locale.ROOT, "%,d", n) : value.toString();
    }
}
