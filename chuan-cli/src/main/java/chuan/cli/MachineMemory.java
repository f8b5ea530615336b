package chuan.cli;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// How much memory this process may have, what it has already included: the least of what the
/// machine has free, what the control groups of a container allow, what `ulimit -v` leaves, and
/// what the user set.
///
/// Memory that only caches files counts as free: the system drops it when it is asked, and the
/// mapped weights of a model are such memory themselves.
///
/// @param bytes in all
/// @param limit what sets it, for people
record MachineMemory(long bytes, String limit) {
    static final String VARIABLE = "CHUAN_MEMORY_LIMIT";

    private static final MachineMemory UNKNOWN =
            new MachineMemory(Long.MAX_VALUE, "nothing known limits it");

    /// From here on a version 1 group sets no limit.
    private static final long UNLIMITED = 1L << 60;

    /// What limits this process.
    ///
    /// @param mappedBytes of files that are mapped already and belong to what is planned
    static MachineMemory ofProcess(long mappedBytes) {
        return ofSystem(Path.of("/"), mappedBytes);
    }

    /// @param root where `proc` and `sys` are found
    static MachineMemory ofSystem(Path root, long mappedBytes) {
        Path proc = root.resolve("proc");
        if (!Files.exists(proc.resolve("meminfo"))) return ofRuntime();
        var status = numbers(proc.resolve("self/status"));
        long own = 1024 * status.getOrDefault("RssAnon", 0L);
        return free(proc, own)
                .least(groups(root, own))
                .least(addressSpace(proc, 1024 * status.getOrDefault("VmSize", 0L), mappedBytes));
    }

    /// No more than the user says: an option, or else the environment.
    MachineMemory within(String option, String variable) {
        String name = option.isEmpty() ? VARIABLE : "--memory-limit";
        String text = option.isEmpty() ? variable : option;
        if (text.isEmpty()) return this;
        if (text.equalsIgnoreCase("off")) return new MachineMemory(Long.MAX_VALUE, name + " off");
        return least(new MachineMemory(ByteSize.parse(name, text), name + " " + text));
    }

    /// What the environment says; empty if nothing.
    static String variable() {
        return System.getenv().getOrDefault(VARIABLE, "");
    }

    String describe() {
        return bytes == Long.MAX_VALUE ? limit : ByteSize.gigabytes(bytes) + " " + limit;
    }

    private MachineMemory least(MachineMemory other) {
        return other.bytes < bytes ? other : this;
    }

    private static MachineMemory free(Path proc, long own) {
        var info = numbers(proc.resolve("meminfo"));
        Long available = info.get("MemAvailable");
        if (available == null) // before Linux 3.14
        available =
                    info.getOrDefault("MemFree", 0L)
                            + info.getOrDefault("Buffers", 0L)
                            + info.getOrDefault("Cached", 0L);
        return new MachineMemory(1024 * available + own, "free on this machine");
    }

    /// Windows counts caches as free. macOS does not, so there the whole memory is taken: a refusal
    /// must be right.
    private static MachineMemory ofRuntime() {
        if (!(ManagementFactory.getOperatingSystemMXBean()
                instanceof com.sun.management.OperatingSystemMXBean system)) return UNKNOWN;
        boolean windows =
                System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("windows");
        return windows
                ? new MachineMemory(system.getFreeMemorySize(), "free on this machine")
                : new MachineMemory(system.getTotalMemorySize(), "of this machine");
    }

    /// Groups of both versions, from that of the process up to the root of what is mounted here. In
    /// a container the path may be that of the host, and only the root be visible.
    private static MachineMemory groups(Path root, long own) {
        var least = UNKNOWN;
        Path mount = root.resolve("sys/fs/cgroup");
        for (String line : lines(root.resolve("proc/self/cgroup"))) {
            String[] parts = line.split(":", 3);
            if (parts.length < 3) continue;
            if (parts[1].isEmpty())
                for (Path group : upwards(mount, parts[2]))
                    least = least.least(group(group, "memory.max", "memory.current", "", own));
            else if (List.of(parts[1].split(",")).contains("memory"))
                for (Path group : upwards(mount.resolve("memory"), parts[2]))
                    least =
                            least.least(
                                    group(
                                            group,
                                            "memory.limit_in_bytes",
                                            "memory.usage_in_bytes",
                                            "total_",
                                            own));
        }
        return least;
    }

    private static List<Path> upwards(Path mount, String group) {
        var groups = new java.util.ArrayList<Path>();
        Path deepest = mount.resolve(group.replaceFirst("^/+", "")).normalize();
        for (Path at = deepest; at != null && at.startsWith(mount); at = at.getParent())
            groups.add(at);
        return groups;
    }

    private static MachineMemory group(
            Path folder, String limitFile, String usageFile, String prefix, long own) {
        var limit = lines(folder.resolve(limitFile));
        var usage = lines(folder.resolve(usageFile));
        if (limit.isEmpty() || usage.isEmpty() || limit.getFirst().equals("max")) return UNKNOWN;
        long most = Long.parseLong(limit.getFirst().strip());
        if (most >= UNLIMITED) return UNKNOWN;
        var stat = numbers(folder.resolve("memory.stat"));
        long files =
                stat.getOrDefault(prefix + "active_file", 0L)
                        + stat.getOrDefault(prefix + "inactive_file", 0L);
        long used = Math.max(0, Long.parseLong(usage.getFirst().strip()) - files);
        long left = Math.min(most, most - used + own);
        return new MachineMemory(
                Math.max(0, left),
                "in a control group of " + ByteSize.gigabytes(most) + " (" + folder + ")");
    }

    private static MachineMemory addressSpace(Path proc, long taken, long mappedBytes) {
        for (String line : lines(proc.resolve("self/limits"))) {
            if (!line.startsWith("Max address space")) continue;
            String soft = line.substring("Max address space".length()).strip().split("\\s+")[0];
            if (soft.equals("unlimited")) return UNKNOWN;
            long left = Long.parseLong(soft) - taken + mappedBytes;
            return new MachineMemory(
                    Math.max(0, left),
                    "of address space under ulimit -v " + Long.parseLong(soft) / 1024);
        }
        return UNKNOWN;
    }

    /// Lines such as `MemFree: 123 kB` or `active_file 123`.
    private static Map<String, Long> numbers(Path file) {
        var numbers = new HashMap<String, Long>();
        for (String line : lines(file)) {
            String[] words = line.split(":?\\s+", 3);
            if (words.length > 1 && words[1].matches("[0-9]{1,18}"))
                numbers.put(words[0], Long.parseLong(words[1]));
        }
        return numbers;
    }

    /// Nothing where there is no such file, or nobody may read it.
    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException _) {
            return List.of();
        }
    }
}
