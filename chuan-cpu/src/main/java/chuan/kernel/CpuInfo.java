package chuan.kernel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// What the operating system says about the processor, for people to read.
///
/// @param model marketing name, or the architecture where no name is known
/// @param processors that this process may use
/// @param features those that matter for arithmetic, in the kernel's spelling (`avx2`, `amx_int8`)
public record CpuInfo(String model, int processors, List<String> features) {
    private static final Set<String> RELEVANT =
            Set.of(
                    "sse4_2",
                    "avx",
                    "avx2",
                    "fma",
                    "f16c",
                    "avx_vnni",
                    "avx512f",
                    "avx512bw",
                    "avx512vl",
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

    public CpuInfo {
        features = List.copyOf(features);
    }

    /// Reads `/proc/cpuinfo`; elsewhere only what the JDK knows.
    public static CpuInfo read() {
        String model = System.getProperty("os.arch");
        var features = new TreeSet<String>();
        try {
            for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
                int colon = line.indexOf(':');
                if (colon < 0) continue;
                String value = line.substring(colon + 1).trim();
                switch (line.substring(0, colon).trim()) {
                    case "model name" -> model = value;
                    case "flags", "Features" -> features.addAll(List.of(value.split(" ")));
                    default -> {}
                }
            }
        } catch (IOException _) {
            features.clear();
        }
        features.retainAll(RELEVANT);
        return new CpuInfo(
                model, Runtime.getRuntime().availableProcessors(), List.copyOf(features));
    }
}
