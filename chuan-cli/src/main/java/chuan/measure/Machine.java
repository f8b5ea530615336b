package chuan.measure;

import chuan.kernel.CpuInfo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/// What a measurement was taken on.
///
/// @param cpu model name
/// @param features of the processor that matter for arithmetic
/// @param memoryBytes of the machine; 0 where nobody knows
/// @param hugePages the system's policy, as Linux writes it; empty elsewhere
public record Machine(
        String cpu, List<String> features, int cores, long memoryBytes, String hugePages) {
    private static final Path HUGE_PAGES = Path.of("/sys/kernel/mm/transparent_hugepage/enabled");

    /// This one.
    public static Machine here() {
        var cpu = CpuInfo.read();
        return new Machine(
                cpu.model(), cpu.features(), cpu.processors(), memory(), hugePagePolicy());
    }

    /// In the words of the ledger.
    public String name() {
        return "%s, %d cores, Java %d".formatted(cpu, cores, Runtime.version().feature());
    }

    /// Processes that want to run, averaged over the last minute; negative where nobody knows.
    static double load() {
        return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    }

    /// Processor time of this process.
    static double cpuSeconds() {
        return ManagementFactory.getOperatingSystemMXBean()
                        instanceof com.sun.management.OperatingSystemMXBean system
                ? system.getProcessCpuTime() / 1e9
                : Double.NaN;
    }

    /// Memory of this process that is resident, mapped files included; 0 where nobody knows.
    public static long residentBytes() {
        return kilobytes(Path.of("/proc/self/status"), "VmRSS:") * 1024;
    }

    /// Memory of a process that lies in huge pages; 0 where nobody knows.
    static long hugeBytes(long process) {
        Path file = Path.of("/proc/" + process + "/smaps_rollup");
        return 1024 * (kilobytes(file, "AnonHugePages:") + kilobytes(file, "FilePmdMapped:"));
    }

    private static long kilobytes(Path file, String key) {
        try (var lines = Files.lines(file)) {
            return lines.filter(l -> l.startsWith(key))
                    .mapToLong(l -> Long.parseLong(l.replaceAll("[^0-9]", "")))
                    .findFirst()
                    .orElse(0);
        } catch (IOException | UncheckedIOException _) {
            return 0;
        }
    }

    private static long memory() {
        return ManagementFactory.getOperatingSystemMXBean()
                        instanceof com.sun.management.OperatingSystemMXBean system
                ? system.getTotalMemorySize()
                : 0;
    }

    private static String hugePagePolicy() {
        try {
            return Files.readString(HUGE_PAGES)
                    .strip()
                    .replaceAll(".*\\[(.*)].*", "$1")
                    .toLowerCase(Locale.ROOT);
        } catch (IOException _) {
            return "";
        }
    }
}
