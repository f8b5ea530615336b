package chuan.cli;

import chuan.cpu.ActivationType;
import chuan.cpu.Placement;
import chuan.cpu.WeightType;
import chuan.cpu.Window;
import chuan.model.Extension;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// What every command takes that runs a model.
final class CommonOptions {
    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Worker threads; default: one per core.")
    int threads;

    @Option(
            names = "--ctx",
            paramLabel = "N",
            description = "Tokens of context; default: what the model was made for.")
    int context;

    @Option(
            names = "--device",
            paramLabel = "D",
            description = "Where to compute; this version knows: cpu.",
            defaultValue = "cpu")
    String device = "cpu";

    @Option(
            names = "--weights",
            paramLabel = "T",
            description = "Number type of the weights in memory: ${COMPLETION-CANDIDATES}.")
    WeightType weights = WeightType.AS_STORED;

    @Option(
            names = "--kv",
            paramLabel = "T",
            description =
                    "Number type of keys and values: ${COMPLETION-CANDIDATES}; auto is f32 while those"
                            + " of the context stay below 512 MiB, else f16.")
    KvChoice kv = KvChoice.AUTO;

    @Option(
            names = "--alibi-window",
            paramLabel = "W",
            description =
                    "Attention with ALiBi: auto leaves out pages of keys that provably weigh less"
                            + " than e^-20 of the rest, off leaves out none.")
    Window window = Window.AUTO;

    @Option(
            names = "--activations",
            paramLabel = "T",
            description =
                    "Number type in which activations meet int4 and int8 weights:"
                            + " ${COMPLETION-CANDIDATES}. int8 is faster, f32 exact; default: int8,"
                            + " but f32 where the numbers are the point (logits, perplexity,"
                            + " compare).")
    @Nullable ActivationType activations;

    @Option(
            names = "--mmap",
            description =
                    "Use all weights where they lie in the file: nothing is copied or rearranged, and"
                            + " processes share the memory.")
    boolean mmap;

    @Option(
            names = "--huge-pages",
            description =
                    "Copy all weights into memory of this process, in huge pages: a slower start for"
                            + " a little more speed where the system maps files in small pages.")
    boolean hugePages;

    @Option(
            names = "--memory-limit",
            paramLabel = "SIZE",
            description =
                    "Refuse what would take more memory, such as 6G; off: no check. Default: what is"
                            + " free, or the variable CHUAN_MEMORY_LIMIT.")
    String memoryLimit = "";

    @Option(
            names = "--extend",
            paramLabel = "HOW",
            description =
                    "Beyond the trained context: none (as trained), ntk, or for RoPE linear,"
                            + " dynamic; default: as config.json says.")
    @Nullable Extension extend;

    @Option(
            names = "--trained",
            paramLabel = "N",
            description =
                    "Tokens the model was trained on, for --extend; default: as config.json says.")
    int trained;

    @Option(names = "--verbose", description = "Say what is chosen, and where errors come from.")
    boolean verbose;

    /// @throws CliException for a value that cannot be meant
    void check() {
        if (threads < 0 || threads > 4096)
            throw new CliException("--threads " + threads + ": not a number of threads");
        if (context < 0) throw new CliException("--ctx " + context + ": not a number of tokens");
        if (trained < 0)
            throw new CliException("--trained " + trained + ": not a number of tokens");
        if (mmap && hugePages)
            throw new CliException("--mmap copies nothing, --huge-pages everything: take one");
        if (!device.equals("cpu"))
            throw new CliException(
                    "--device " + device + ": this version computes on the CPU only; use cpu");
    }

    /// Tokens of context: as asked for, else what the model was made for.
    int contextOr(int usual) {
        return context > 0 ? context : usual;
    }

    /// As asked for, else this.
    void activationsUnlessGiven(ActivationType usual) {
        if (activations == null) activations = usual;
    }

    ActivationType activationsOrFast() {
        return activations == null ? ActivationType.INT8 : activations;
    }

    Placement placement() {
        if (mmap) return Placement.MAPPED;
        return hugePages ? Placement.COPIED : Placement.ARRANGED;
    }

    int threadsOrCores() {
        return threads > 0 ? threads : Runtime.getRuntime().availableProcessors();
    }

    /// Lets work that is not the back end's (sums over the vocabulary) use as many threads. Before
    /// the first of it.
    void shareThreads() {
        System.setProperty(
                "java.util.concurrent.ForkJoinPool.common.parallelism",
                Integer.toString(threadsOrCores() - 1));
    }
}
