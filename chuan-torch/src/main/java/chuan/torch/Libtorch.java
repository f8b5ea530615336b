package chuan.torch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.global.torch;

/// Loads libtorch once, set up for training on a CPU, and says what the processor can do.
///
/// Call [#load] before anything else of this package. Two of the settings are properties that must
/// be there before JavaCPP's first class is initialised; the rest are environment variables, which
/// a running process cannot set for itself: see [#ENVIRONMENT].
public final class Libtorch {
    /// What a launcher should put into the environment of a training process, and why:
    /// - `MALLOC_*`: glibc otherwise gives every large block back to the kernel and gets it again,
    ///   page fault by page fault, in the next operation (1.45 times the time of a step);
    /// - `OMP_WAIT_POLICY`: idle threads sleep instead of spinning, for machines that are shared;
    /// - `MKL_THREADING_LAYER`: libtorch brings GNU's OpenMP, and MKL should use the same one.
    public static final Map<String, String> ENVIRONMENT =
            Map.of(
                    "MALLOC_ARENA_MAX", "1",
                    "MALLOC_MMAP_THRESHOLD_", "4294967296",
                    "MALLOC_TRIM_THRESHOLD_", "8589934592",
                    "MALLOC_TOP_PAD_", "268435456",
                    "OMP_WAIT_POLICY", "passive",
                    "MKL_THREADING_LAYER", "GNU");

    private static final Set<String> BF16_FLAGS = Set.of("amx_bf16", "avx512_bf16");

    private Libtorch() {}

    /// Loads the native libraries and sets the number of threads of an operation.
    ///
    /// @param threads 0 for one per processor
    /// @throws TorchUnavailableException if there is no libtorch for this platform
    public static void load(int threads) {
        // JavaCPP adds up the process' memory and, past twice the Java heap, collects garbage,
        // sleeps and trims malloc in the middle of a step. Tensors are freed by scopes here.
        setDefault("org.bytedeco.javacpp.nopointergc", "true");
        setDefault("org.bytedeco.javacpp.maxbytes", "0");
        setDefault("org.bytedeco.javacpp.maxphysicalbytes", "0");
        if (Libtorch.class.getResource("/org/bytedeco/mkl/linux-x86_64/libmkl_rt.so.2") != null) {
            setDefault("org.bytedeco.openblas.load", "mkl_rt");
        }
        try {
            Loader.load(torch.class);
        } catch (LinkageError e) {
            throw new TorchUnavailableException(
                    "libtorch cannot be loaded on "
                            + Loader.Detector.getPlatform()
                            + " ("
                            + e.getMessage()
                            + "); training needs the libraries of module chuan-torch-natives",
                    e);
        }
        torch.set_num_threads(threads == 0 ? Runtime.getRuntime().availableProcessors() : threads);
    }

    /// Whether bf16 matrix products are faster than fp32 ones on this processor: it must have AMX
    /// or AVX-512 bf16 instructions, without which libtorch emulates them at a tenth of the speed.
    public static boolean hasFastBf16() {
        Path cpuinfo = Path.of("/proc/cpuinfo");
        if (!Files.isReadable(cpuinfo)) {
            return false;
        }
        try (var lines = Files.lines(cpuinfo)) {
            return lines.filter(line -> line.startsWith("flags"))
                    .limit(1)
                    .flatMap(line -> List.of(line.split(" ", -1)).stream())
                    .anyMatch(BF16_FLAGS::contains);
        } catch (IOException _) {
            return false;
        }
    }

    private static void setDefault(String key, String value) {
        if (System.getProperty(key) == null) {
            System.setProperty(key, value);
        }
    }

    /// The settings whose absence makes training slow, missing from this process' environment.
    public static List<String> missingEnvironment() {
        return ENVIRONMENT.keySet().stream()
                .filter(name -> name.startsWith("MALLOC_") && System.getenv(name) == null)
                .sorted()
                .toList();
    }
}
