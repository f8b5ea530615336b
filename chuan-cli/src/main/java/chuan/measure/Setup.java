package chuan.measure;

import chuan.files.DType;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/// What all cases of a run have in common.
///
/// @param run when it began: the same in all its rows
/// @param command as it was typed, folders left out
/// @param model name of file, folder or shape
/// @param matrices type of those in the blocks
/// @param kernels chosen, in a word
/// @param window whether attention may leave out pages
public record Setup(
        String run,
        String commit,
        Machine machine,
        String command,
        String model,
        DType matrices,
        String kernels,
        String activations,
        String kv,
        String window,
        int threads,
        ModelWork work) {

    /// Begins now, here.
    ///
    /// @param root of the repository
    public static Setup now(
            Path root,
            String command,
            String model,
            DType matrices,
            String kernels,
            String activations,
            String kv,
            String window,
            int threads,
            ModelWork work) {
        return new Setup(
                Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                Commit.of(root),
                Machine.here(),
                command,
                model,
                matrices,
                kernels,
                activations,
                kv,
                window,
                threads,
                work);
    }

    /// Type of the matrices, as users write it.
    public String format() {
        return switch (matrices) {
            case PANEL4 -> "int4";
            case PANEL8 -> "int8";
            default -> matrices.name().toLowerCase(Locale.ROOT);
        };
    }

    /// The words that begin every row.
    Map<String, Object> row() {
        var row = new LinkedHashMap<String, Object>();
        row.put("date", run.substring(0, "2026-11-25".length()));
        row.put("run", run);
        row.put("commit", commit);
        row.put("machine", machine.name());
        row.put("features", String.join(" ", machine.features()));
        row.put("memory_gb", Math.round(machine.memoryBytes() / 1e8) / 10.0);
        row.put("huge_pages", machine.hugePages());
        row.put("command", command);
        row.put("model", model);
        row.put("format", format());
        row.put("kernels", kernels);
        row.put("activations", activations);
        row.put("kv", kv);
        row.put("window", window);
        row.put("threads", threads);
        row.put("weight_bytes_read", work.readBytes());
        row.put("kv_bytes_per_token", work.kvBytes());
        return row;
    }
}
