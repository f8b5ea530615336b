package chuan.bench;

import chuan.cpu.CpuBackend;
import chuan.cpu.CpuOptions;
import chuan.engine.Engine;
import chuan.engine.TokenListener;
import chuan.files.ModelFolder;
import chuan.kernel.KernelSelector;
import chuan.model.KvType;
import chuan.tokenizer.Tokenizer;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/// Many requests on one back end, and what they leave behind: resident memory, direct buffers, key
/// and value pages, heap. All must stay level once the first requests are done.
///
/// Run: `java -cp ... chuan.bench.MemoryLoop MODEL [requests] [f32|f16|int8]`, on Linux. Ends with
/// code 1 if resident memory grew by more than 50 MB after the first tenth.
public final class MemoryLoop {
    private static final long ALLOWED_BYTES = 50_000_000;

    private MemoryLoop() {}

    public static void main(String[] args) throws IOException {
        Path path = Path.of(args[0]);
        int requests = args.length > 1 ? Integer.parseInt(args[1]) : 1000;
        KvType kv =
                args.length > 2
                        ? KvType.valueOf(args[2].toUpperCase(java.util.Locale.ROOT))
                        : KvType.F16;
        var folder = ModelFolder.open(path);
        var usual = CpuOptions.defaults();
        var options = new CpuOptions(usual.threads(), KernelSelector.select(), usual.weights(), kv);
        long early = 0;
        try (var backend = CpuBackend.load(folder, options)) {
            var engine = new Engine(backend, Tokenizer.loadFolder(path), folder.generation());
            var random = new Random(1);
            for (int i = 1; i <= requests; i++) {
                var prompt =
                        random.ints(1 + random.nextInt(200), 3, engine.tokenizer().vocabSize());
                var request =
                        engine.request(prompt.toArray()).withMaxTokens(1 + random.nextInt(20));
                engine.generate(request, TokenListener.NONE);
                if (i % Math.max(1, requests / 10) != 0) continue;
                System.out.printf(
                        "%,6d requests: resident %,d KB, direct buffers %,d bytes, key and value"
                                + " pages %,d bytes (%,d in use), heap %,d KB%n",
                        i,
                        resident() / 1024,
                        direct(),
                        backend.kvCommittedBytes(),
                        backend.kvUsedBytes(),
                        (Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory())
                                / 1024);
                if (early == 0) early = resident();
            }
        }
        long grown = resident() - early;
        System.out.printf(
                "resident memory changed by %,d KB after the first tenth%n", grown / 1024);
        if (grown > ALLOWED_BYTES) System.exit(1);
    }

    private static long resident() throws IOException {
        try (var lines = Files.lines(Path.of("/proc/self/status"))) {
            String line = lines.filter(l -> l.startsWith("VmRSS")).findFirst().orElseThrow();
            return 1024 * Long.parseLong(line.replaceAll("[^0-9]", ""));
        }
    }

    private static long direct() {
        long sum = 0;
        for (var pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class))
            if (pool.getName().equals("direct")) sum += pool.getMemoryUsed();
        return sum;
    }
}
