package chuan.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// What the operating system says about the processor; Linux tells, others are named only.
final class Cpu {
    private static final Path INFO = Path.of("/proc/cpuinfo");
    private static final Set<String> OF_INTEREST =
            Set.of(
                    "sse4_2",
                    "avx",
                    "avx2",
                    "fma",
                    "f16c",
                    "avx_vnni",
                    "avx512f",
                    "avx512bw",
                    "avx512_vnni",
                    "avx512_bf16",
                    "avx512_fp16",
                    "amx_tile",
                    "amx_int8",
                    "amx_bf16",
                    "asimd",
                    "asimddp",
                    "i8mm",
                    "bf16",
                    "sve",
                    "sve2");

    private Cpu() {}

    static String name() {
        String name = field("model name");
        return name.isEmpty() ? System.getProperty("os.arch", "unknown") : name;
    }

    /// Those instruction sets that matter here, in the system's spelling.
    static List<String> features() {
        String flags = field("flags") + " " + field("features");
        return Arrays.stream(flags.split(" ", -1)).filter(OF_INTEREST::contains).toList();
    }

    private static String field(String key) {
        if (!Files.isReadable(INFO)) return "";
        try (var lines = Files.lines(INFO)) {
            return lines.filter(l -> l.toLowerCase(Locale.ROOT).startsWith(key))
                    .findFirst()
                    .map(l -> l.substring(l.indexOf(':') + 1).strip())
                    .orElse("");
        } catch (IOException _) {
            return "";
        }
    }
}
