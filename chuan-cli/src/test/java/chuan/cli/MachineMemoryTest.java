package chuan.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the files of Linux say, as they look on real machines.
class MachineMemoryTest {
    private static final long GIB = 1L << 30;

    /// Of this process: memory that is counted as taken, but is its own.
    private static final long OWN = 100L << 20;

    @TempDir Path root;

    @BeforeEach
    void aMachineOf24Gigabytes() throws IOException {
        file(
                "proc/meminfo",
                "MemTotal: 25165824 kB\nMemFree: 1048576 kB\nMemAvailable: 20971520 kB\n");
        file("proc/self/status", "Name:\tjava\nVmSize:\t 8388608 kB\nRssAnon:\t  102400 kB\n");
        file(
                "proc/self/limits",
                "Max address space         unlimited            unlimited   bytes\n");
        file("proc/self/cgroup", "");
    }

    private void file(String name, String text) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private MachineMemory read() {
        return MachineMemory.ofSystem(root, 0);
    }

    @Test
    void whatTheMachineHasFree() {
        assertThat(read()).isEqualTo(new MachineMemory(20 * GIB + OWN, "free on this machine"));
    }

    @Test
    void groupsOfVersion2LimitAtEveryLevel() throws IOException {
        file("proc/self/cgroup", "0::/a/b\n");
        group2("sys/fs/cgroup/a/b", "max", 0, 0);
        group2("sys/fs/cgroup/a", String.valueOf(8 * GIB), 5 * GIB, 4 * GIB);
        var memory = read();
        assertThat(memory.bytes()).isEqualTo(7 * GIB + OWN);
        assertThat(memory.limit()).contains("control group of 8.59 GB");
        group2("sys/fs/cgroup/a/b", String.valueOf(6 * GIB), 0, 0);
        assertThat(read().bytes()).isEqualTo(6 * GIB);
    }

    /// In a container the file names the host's group, but its own group is the root it sees.
    @Test
    void aContainerSeesItsGroupAsTheRoot() throws IOException {
        file("proc/self/cgroup", "0::/system.slice/docker-123.scope\n");
        group2("sys/fs/cgroup", String.valueOf(4 * GIB), GIB, 0);
        assertThat(read().bytes()).isEqualTo(3 * GIB + OWN);
    }

    private void group2(String folder, String max, long used, long files) throws IOException {
        file(folder + "/memory.max", max + "\n");
        file(folder + "/memory.current", used + "\n");
        file(
                folder + "/memory.stat",
                "anon 1\nactive_file " + files / 2 + "\ninactive_file " + files / 2 + "\n");
    }

    @Test
    void groupsOfVersion1() throws IOException {
        file("proc/self/cgroup", "5:cpu:/x\n4:memory:/x\n0::/\n");
        String folder = "sys/fs/cgroup/memory/x/";
        file(folder + "memory.limit_in_bytes", "9223372036854771712\n");
        file(folder + "memory.usage_in_bytes", "1\n");
        assertThat(read().bytes()).isEqualTo(20 * GIB + OWN);
        file(folder + "memory.limit_in_bytes", 6 * GIB + "\n");
        file(folder + "memory.usage_in_bytes", 3 * GIB + "\n");
        file(folder + "memory.stat", "total_active_file " + GIB + "\ntotal_inactive_file " + GIB);
        assertThat(read().bytes()).isEqualTo(5 * GIB + OWN);
    }

    /// What is mapped of the model already takes address space that the plan counts.
    @Test
    void addressSpace() throws IOException {
        file(
                "proc/self/limits",
                "Max address space         " + 10 * GIB + "  " + 10 * GIB + " bytes\n");
        assertThat(read().bytes()).isEqualTo(2 * GIB);
        assertThat(read().limit()).contains("ulimit -v 10485760");
        assertThat(MachineMemory.ofSystem(root, GIB).bytes()).isEqualTo(3 * GIB);
    }

    @Test
    void theUserMayPlanForASmallerMachine() {
        assertThat(read().within("6G", ""))
                .isEqualTo(new MachineMemory(6 * GIB, "--memory-limit 6G"));
        assertThat(read().within("", "6GB").limit()).isEqualTo("CHUAN_MEMORY_LIMIT 6GB");
        assertThat(read().within("", "6GB").bytes()).isEqualTo(6_000_000_000L);
        assertThat(read().within("1.5g", "1G").bytes()).isEqualTo(3 * GIB / 2);
        assertThat(read().within("900G", "")).isEqualTo(read());
        assertThat(read().within("off", "").bytes()).isEqualTo(Long.MAX_VALUE);
        for (String wrong : new String[] {"six", "-1G", "0", "1e9", "6X", "99999999T"})
            assertThatThrownBy(() -> read().within(wrong, ""))
                    .isInstanceOf(CliException.class)
                    .hasMessageContaining("--memory-limit " + wrong);
    }

    @Test
    void thisMachineHasMemory() {
        var here = MachineMemory.ofProcess(0);
        System.out.println("this machine: " + here.describe());
        assertThat(here.bytes()).isBetween(1L << 27, Long.MAX_VALUE);
    }
}
