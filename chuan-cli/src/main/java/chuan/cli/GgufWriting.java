package chuan.cli;

import chuan.files.GgufExport;
import chuan.files.ModelFolder;
import chuan.files.ParallelReads;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// One model file being written: the part that `quantize` and `convert` share. Ends with what it
/// took and what it cost.
record GgufWriting(Streams streams, ModelOutput output, boolean json) {

    /// @param importance see [GgufExport]
    void write(
            ModelFolder model,
            ModelOption option,
            GgufExport.Types types,
            boolean ours,
            String typeName,
            Map<String, float[]> importance,
            int threads)
            throws IOException {
        var vocabulary = GgufVocabulary.of(model, option);
        long start = System.nanoTime();
        try (var reads = new ParallelReads(threads);
                var stop = new CleanStop(streams.err())) {
            var export =
                    new GgufExport(
                            model,
                            types,
                            ours,
                            importance,
                            vocabulary.keys(),
                            ours ? vocabulary.file() : Optional.empty(),
                            reads);
            output.checkSpace(export.fileBytes());
            try (var progress =
                    new ProgressLine(
                            streams,
                            "writing " + typeName,
                            "MB",
                            export.tensorBytes() / 1_000_000)) {
                export.write(output.path, stop.watch(bytes -> progress.update(bytes / 1_000_000)));
            }
            report(model, export, typeName, (System.nanoTime() - start) / 1e9);
        }
    }

    private void report(ModelFolder model, GgufExport export, String type, double seconds)
            throws IOException {
        long bytes = Files.size(output.path);
        double bits = 8.0 * export.tensorBytes() / model.parameters();
        double rate = model.weightBytes() / 1e6 / seconds;
        if (json) {
            streams.out().println(Json.line(values(export, type, bytes, bits, seconds, rate)));
            return;
        }
        var kinds = new ArrayList<String>();
        for (GgufExport.Kind kind : export.kinds())
            kinds.add(
                    String.format(
                            Locale.ROOT,
                            "%s %s %.3f %%",
                            kind.name(),
                            kind.type().name().toLowerCase(Locale.ROOT),
                            100 * kind.error().relative()));
        streams.out()
                .printf(
                        Locale.ROOT,
                        "%s: %s, %.2f bits per weight, %s, %.1f s, %.0f MB/s of input%n",
                        output.path,
                        type,
                        bits,
                        size(bytes),
                        seconds,
                        rate);
        streams.out().println("relative error: " + String.join(", ", kinds));
        if (!export.runsInLlamaCpp() && !typeName(type))
            streams.out()
                    .println(
                            "llama.cpp will not run it: it knows ALiBi only in models of 40"
                                    + " layers");
    }

    private static boolean typeName(String type) {
        return type.startsWith("int") || type.equals("panels");
    }

    private Map<String, Object> values(
            GgufExport export, String type, long bytes, double bits, double seconds, double rate) {
        var values = new LinkedHashMap<String, Object>();
        values.put("file", output.path.toString());
        values.put("type", type);
        values.put("bits_per_weight", bits);
        values.put("bytes", bytes);
        values.put("seconds", seconds);
        values.put("input_megabytes_per_second", rate);
        List<Map<String, Object>> kinds = new ArrayList<>();
        for (GgufExport.Kind kind : export.kinds()) {
            var k = new LinkedHashMap<String, Object>();
            k.put("kind", kind.name());
            k.put("type", kind.type().name().toLowerCase(Locale.ROOT));
            k.put("parameters", kind.parameters());
            k.put("bytes", kind.bytes());
            k.put("relative_error", kind.error().relative());
            kinds.add(k);
        }
        values.put("kinds", kinds);
        return values;
    }

    static String size(long bytes) {
        return bytes >= 1_000_000_000
                ? String.format(Locale.ROOT, "%.2f GB", bytes / 1e9)
                : String.format(Locale.ROOT, "%.2f MB", bytes / 1e6);
    }
}
