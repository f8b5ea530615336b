package chuan.cli;

import chuan.asm.CodeMemoryException;
import chuan.asm.CpuFeatures;
import chuan.cpu.CpuOptions;
import chuan.kernel.CpuInfo;
import chuan.kernel.EmittedKernels;
import chuan.kernel.KernelSelector;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `chuan doctor`: what this machine offers and what Chuan makes of it.
@Command(
        name = "doctor",
        description = "Says what this machine offers: CPU, kernels, memory, JDK, optional parts.",
        mixinStandardHelpOptions = true)
final class DoctorCommand implements Runnable {
    private final Streams streams;

    @Option(names = "--json", description = "As one JSON object.")
    boolean json;

    @Option(
            names = "--dump-kernels",
            paramLabel = "DIR",
            description = "Writes each function of machine code to a file, for a disassembler.")
    @Nullable Path dump;

    DoctorCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public void run() {
        if (dump != null) {
            dump(dump);
            return;
        }
        var report = report();
        if (json) streams.out().println(Json.line(report));
        else report.forEach((key, value) -> streams.out().printf("%-13s %s%n", key, text(value)));
    }

    private void dump(Path folder) {
        var selector = KernelSelector.select();
        if (!(selector.kernels() instanceof EmittedKernels kernels))
            throw new CliException("no machine code is in use here: " + selector.reason());
        long bytes;
        try {
            bytes = KernelDump.write(kernels, folder);
        } catch (IOException e) {
            throw new CliException(folder + ": cannot be written: " + e.getMessage());
        }
        streams.out()
                .printf(
                        Locale.ROOT,
                        "%s: %d functions, %d bytes, %s%n",
                        folder,
                        kernels.functions().size(),
                        bytes,
                        selector.reason());
    }

    static Map<String, Object> report() {
        var r = new LinkedHashMap<String, Object>();
        r.put("chuan", new Version().number());
        r.put("java", Runtime.version() + " (" + System.getProperty("java.vendor") + ")");
        r.put("javaHome", System.getProperty("java.home"));
        r.put("system", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
        CpuInfo cpu = CpuInfo.read();
        r.put("cpu", cpu.model());
        r.put("cpuFeatures", cpu.features());
        r.put("cores", cpu.processors());
        r.put("threads", CpuOptions.defaults().threads());
        r.put("kernels", KernelSelector.select().reason());
        r.put("instructions", instructions());
        r.put("memoryBytes", memory());
        r.put("heapBytes", Runtime.getRuntime().maxMemory());
        r.put("vectorModule", ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent());
        r.put("aotCache", aotCache());
        r.put("libtorch", libtorch());
        r.put("model", Models.shippedName().orElse("none shipped"));
        return r;
    }

    /// Sets of instructions that processor and system allow to machine code.
    private static List<String> instructions() {
        try {
            return CpuFeatures.detect().names();
        } catch (CodeMemoryException e) {
            return List.of(e.getMessage());
        }
    }

    private static long memory() {
        return ManagementFactory.getOperatingSystemMXBean()
                        instanceof com.sun.management.OperatingSystemMXBean system
                ? system.getTotalMemorySize()
                : -1;
    }

    private static boolean aotCache() {
        return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .anyMatch(a -> a.startsWith("-XX:AOTCache="));
    }

    private static String libtorch() {
        Path natives = Models.home().resolve("chuan-torch-natives/target/lib");
        return Files.isDirectory(natives)
                ? "fetched"
                : "not fetched; comes with the first training on it";
    }

    private static String text(Object value) {
        return switch (value) {
            case Long bytes -> String.format(Locale.ROOT, "%.1f GiB", bytes / 0x1p30);
            case Boolean yes -> yes ? "yes" : "no";
            case Iterable<?> many -> {
                var text = new StringBuilder();
                many.forEach(one -> text.append(text.isEmpty() ? "" : " ").append(one));
                yield text.toString();
            }
            case Object other -> other.toString();
        };
    }
}
