package chuan.bench;

import chuan.asm.CodeMemoryException;
import chuan.asm.CpuFeatures;
import chuan.kernel.KernelSelector;
import chuan.kernel.WeightFormat;
import java.util.ArrayList;
import java.util.List;

/// Fails when a kernel falls far below what this machine allows: a vector that the JVM silently
/// makes an object of costs a factor of 10 to 40, on any machine, and no test of numbers sees it.
/// Floors are about a third of what was measured when they were set, so that noise does not reach
/// them.
///
/// Run: `java -cp ... chuan.bench.KernelFloor [kernels...]`, by default every kind that runs here.
/// Exit code 1 if one is below. See docs/dev/bench.md.
public final class KernelFloor {
    private static final double WARM_SECONDS = 1;
    private static final double SECONDS = 0.4;
    private static final int ATTEMPTS = 3;

    /// Compilers of the JVM that get little of the processor need longer.
    private static final int MORE_ATTEMPTS = 20;

    private static final String SETS = "avx2|avx-vnni|avx512-vnni|amx";

    /// @param kernels a regular expression
    /// @param tokens one: the limit is memory; many: multiplying
    /// @param share of the limit, at least
    private record Floor(String kernels, WeightFormat format, int tokens, double share) {}

    private static final List<Floor> FLOORS =
            List.of(
                    new Floor(SETS, WeightFormat.PANEL4, 1, 0.2),
                    new Floor(SETS, WeightFormat.PANEL8, 1, 0.2),
                    new Floor("avx2|avx-vnni|avx512-vnni", WeightFormat.PANEL4, 64, 0.15),
                    new Floor("avx2|avx-vnni|avx512-vnni", WeightFormat.PANEL8, 64, 0.15),
                    new Floor("amx", WeightFormat.PANEL4, 64, 0.01),
                    new Floor("amx", WeightFormat.PANEL8, 64, 0.01),
                    new Floor(SETS, WeightFormat.F32, 1, 0.3),
                    new Floor(SETS, WeightFormat.F32, 64, 0.08),
                    new Floor(SETS, WeightFormat.BF16, 64, 0.06),
                    new Floor("vector", WeightFormat.PANEL4, 1, 0.04),
                    new Floor("vector", WeightFormat.PANEL4, 64, 0.04),
                    new Floor("vector", WeightFormat.PANEL8, 1, 0.06),
                    new Floor("vector", WeightFormat.F32, 1, 0.2),
                    new Floor("vector", WeightFormat.F32, 64, 0.06));

    private KernelFloor() {}

    public static void main(String[] arguments) throws CodeMemoryException {
        var kinds = new ArrayList<>(List.of(arguments));
        if (kinds.isEmpty()) {
            kinds.add("vector");
            for (String name : CpuFeatures.detect().names())
                if (name.matches(SETS)) kinds.add(name);
                else if (name.equals("amx-int8")) kinds.add("amx");
        }
        int below = 0;
        System.out.printf(
                "%-12s %-7s %6s %14s %14s %8s %8s%n",
                "kernels", "weights", "tokens", "reached", "limit", "share", "floor");
        for (String kind : kinds)
            for (Floor floor : FLOORS)
                if (kind.matches(floor.kernels)) below += holds(kind, floor) ? 0 : 1;
        if (below > 0) {
            System.out.println(below + " below their floors: see docs/dev/bench.md");
            System.exit(1);
        }
    }

    private static boolean holds(String kind, Floor floor) {
        var work =
                new KernelCase(KernelSelector.forced(kind).kernels(), floor.format, floor.tokens);
        rate(work, WARM_SECONDS);
        double best = 0;
        double limit = 0;
        boolean holds = false;
        for (int i = 0; i < ATTEMPTS || (i < MORE_ATTEMPTS && !holds); i++) {
            best = Math.max(best, rate(work, SECONDS));
            if (i < ATTEMPTS) limit = Math.max(limit, work.limit());
            holds = limit == 0 || best / limit >= floor.share;
        }
        String unit = floor.tokens == 1 ? "GB/s" : "GMAC/s";
        System.out.printf(
                "%-12s %-7s %6d %7.1f %-6s %7.1f %-6s %6.0f %% %6.0f %% %s%n",
                kind,
                floor.format,
                floor.tokens,
                best / 1e9,
                unit,
                limit / 1e9,
                unit,
                100 * best / limit,
                100 * floor.share,
                holds ? "" : "BELOW");
        return holds;
    }

    private static double rate(KernelCase work, double seconds) {
        long start = System.nanoTime();
        double done = 0;
        long now = start;
        while (now - start < seconds * 1e9) {
            done += work.run() * work.workPerRow();
            now = System.nanoTime();
        }
        return done / ((now - start) / 1e9);
    }
}
