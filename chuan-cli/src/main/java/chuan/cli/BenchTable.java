package chuan.cli;

import chuan.measure.Interleaved;
import chuan.measure.MachineLimits;
import chuan.measure.Report;
import chuan.measure.Sample;
import chuan.measure.Setup;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What `chuan bench` prints: a table that grows by a row per measurement, as llama-bench's does.
final class BenchTable {
    private static final String ROW = "| %-28s | %-16s | %10s | %-19s | %8s | %11s | %10s |%n";

    private final PrintStream out;

    BenchTable(PrintStream out) {
        this.out = out;
    }

    void head(String engine, Setup setup) {
        var work = setup.work();
        out.printf(
                Locale.ROOT,
                "%s (%s, %.2f B parameters, %s)%n%s%n%n",
                setup.model(),
                setup.format(),
                work.parameters() / 1e9,
                ByteSize.gigabytes(work.weightBytes()),
                engine);
        out.printf(
                Locale.ROOT,
                ROW,
                "program",
                "test",
                "tokens/s",
                "least to most",
                "CPU s",
                "does",
                "of limit");
        out.println("|---|---|---:|---|---:|---:|---:|");
        out.flush();
    }

    /// The row of another program ends with how many times its speed ours is: for each second of
    /// processor time, and by the clock.
    void add(Report report) {
        var result = report.result();
        row(
                "chuan, " + report.setup().kernels(),
                report,
                result.own(),
                done(report),
                share(report));
        for (int i = 0; i < result.peers().size(); i++) {
            var peer = result.peers().get(i);
            double ratio = result.own().rate().median() / peer.rate().median();
            String times = String.format(Locale.ROOT, "%.2f times", ratio);
            double processor = peer.cpuSeconds().median() / result.own().cpuSeconds().median();
            String perCpuSecond = String.format(Locale.ROOT, "%.2f per s", processor);
            row(report.peers().get(i).title(), report, peer, perCpuSecond, times);
        }
        out.flush();
    }

    private void row(
            String program, Report report, Interleaved.Turns turns, String does, String share) {
        Sample rate = turns.rate();
        out.printf(
                Locale.ROOT,
                ROW,
                program,
                report.result().speedCase().label(),
                digits(rate.median()),
                digits(rate.least()) + " to " + digits(rate.most()),
                String.format(Locale.ROOT, "%.2f", turns.cpuSeconds().median()),
                does,
                share);
    }

    private static String done(Report report) {
        String unit = report.result().speedCase().isPrompt() ? " GMAC/s" : " GB/s";
        return digits(report.throughput() / 1e9) + unit;
    }

    private static String share(Report report) {
        double share = report.share();
        return Double.isNaN(share) ? "" : String.format(Locale.ROOT, "%.0f %%", 100 * share);
    }

    /// Three digits, or all before the point.
    private static String digits(double value) {
        int behind = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3;
        return String.format(Locale.ROOT, "%,." + behind + "f", value);
    }

    void tail(@Nullable MachineLimits limits, Map<String, Object> memory, double load) {
        out.println();
        if (limits != null) out.println(limits(limits));
        memory.forEach((what, bytes) ->
                out.printf(
                        "%s: %s%n",
                        what.replace("_bytes", "").replace('_', ' '),
                        ByteSize.gigabytes((Long) bytes)));
        if (load > 0) out.printf(Locale.ROOT, "load of the machine: %.1f%n", load);
    }

    private static String limits(MachineLimits limits) {
        var loop = limits.loop();
        return String.format(
                        Locale.ROOT,
                        "limits, %d threads: reading %.1f GB/s",
                        limits.threads(),
                        limits.readBytes() / 1e9)
                + (loop == null
                        ? ""
                        : String.format(
                                Locale.ROOT,
                                ", multiply-add in registers %.0f GMAC/s (%s)",
                                limits.multiplyAdds() / 1e9,
                                loop.label()));
    }

    /// The same for scripts.
    static Map<String, Object> json(
            String engine,
            Setup setup,
            List<Report> reports,
            @Nullable MachineLimits limits,
            Map<String, Object> memory) {
        var all = new LinkedHashMap<String, Object>();
        all.put("engine", engine);
        all.put("parameters", setup.work().parameters());
        all.putAll(memory);
        if (limits != null) {
            all.put("read_bytes_per_second", limits.readBytes());
            var loop = limits.loop();
            if (loop != null) {
                all.put("multiply_adds_per_second", limits.multiplyAdds());
                all.put("multiply_add_loop", loop.label());
            }
        }
        all.put("results", reports.stream().flatMap(r -> r.rows().stream()).toList());
        return all;
    }
}
