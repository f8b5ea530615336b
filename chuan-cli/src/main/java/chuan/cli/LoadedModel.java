package chuan.cli;

import chuan.cpu.CpuBackend;
import chuan.cpu.CpuOptions;
import chuan.cpu.LoadProgress;
import chuan.engine.Engine;
import chuan.engine.EngineOptions;
import chuan.engine.GenerationSettings;
import chuan.files.ModelFolder;
import chuan.kernel.KernelSelector;
import chuan.model.Backend;
import chuan.model.ReferenceBackend;
import chuan.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;

/// A model folder brought onto a device: the one place that picks a back end.
record LoadedModel(ModelFolder folder, Backend backend) implements AutoCloseable {

    /// For sequences of as many tokens as the options say, or as the model was made for.
    static LoadedModel open(
            ModelOption model, CommonOptions common, KernelChoice kernels, Streams streams) {
        return open(model, common, kernels, streams, 0);
    }

    /// @param contextTokens of the longest sequence; 0 = what options and model say
    /// @throws CliException if the model needs more memory than there is: before a weight is read
    static LoadedModel open(
            ModelOption model,
            CommonOptions common,
            KernelChoice kernels,
            Streams streams,
            int contextTokens) {
        var folder = folder(model, common, streams);
        if (kernels == KernelChoice.REFERENCE) return reference(folder, common, streams);
        int usual = common.contextOr(folder.config().maxContext());
        var check = MemoryCheck.of(folder, common, contextTokens > 0 ? contextTokens : usual, null);
        return onCpu(check, kernels, streams, new LoadingLine(streams));
    }

    /// The model with the position scheme that the options ask for; nothing of it is loaded.
    static ModelFolder folder(ModelOption model, CommonOptions common, Streams streams) {
        common.check();
        return LongContext.of(common).apply(opened(model), streams);
    }

    /// Plain loops instead of kernels.
    static LoadedModel reference(ModelFolder folder, CommonOptions common, Streams streams) {
        var backend = new ReferenceBackend(folder.config(), folder.rows());
        return new LoadedModel(folder, backend).described(common, streams);
    }

    /// @param check whose model is loaded
    /// @param progress hears how far the weights are
    /// @throws CliException if it needs more memory than there is: before a weight is read
    static LoadedModel onCpu(
            MemoryCheck check, KernelChoice kernels, Streams streams, LoadProgress progress) {
        var common = check.common();
        check.refuseIfTooMuch();
        if (common.verbose || check.serving() != null)
            streams.err().println("chuan: " + check.summary());
        KernelSelector.onFallback(line -> streams.err().println("chuan: " + line));
        var selected = selected(kernels);
        if (selected.degraded()) streams.err().println("chuan: " + selected.reason());
        var options =
                new CpuOptions(
                        common.threadsOrCores(),
                        selected,
                        common.weights,
                        check.plan().kv(),
                        common.activationsOrFast(),
                        common.placement(),
                        common.window);
        var backend = CpuBackend.load(check.folder(), options, progress);
        return new LoadedModel(check.folder(), backend).described(common, streams);
    }

    private LoadedModel described(CommonOptions common, Streams streams) {
        if (common.verbose) streams.err().println("chuan: " + backend.description());
        return this;
    }

    /// Files are mapped, which takes address space but no memory.
    private static ModelFolder opened(ModelOption model) {
        try {
            return model.open();
        } catch (UncheckedIOException e) {
            if (!String.valueOf(e.getMessage()).contains("Map failed")) throw e;
            throw new CliException(
                    e.getMessage()
                            + ": there are "
                            + MachineMemory.ofProcess(0).describe()
                            + "; raise ulimit -v, or make the model smaller with chuan quantize"
                            + " --type int8 or int4");
        }
    }

    static KernelSelector selected(KernelChoice kernels) {
        return switch (kernels) {
            case AUTO, REFERENCE -> KernelSelector.select();
            case SCALAR, VECTOR, EMITTED, AVX2, AVX_VNNI, AVX512_VNNI, AMX ->
                    KernelSelector.forced(
                            kernels.name().toLowerCase(Locale.ROOT).replace('_', '-'));
        };
    }

    /// Returns when all weights are in memory: before a conversation appears on a terminal, where
    /// the line that shows how far loading is would be in the way.
    void awaitWeights() {
        if (backend instanceof CpuBackend cpu) cpu.awaitWeights();
    }

    /// With the folder's tokenizer and settings.
    Engine engine(ModelOption model, CommonOptions common, SamplingMixin sampling)
            throws IOException {
        return engine(model.tokenizer(), common, sampling);
    }

    /// For ids alone: a folder without a tokenizer will do.
    Engine engineOfIds(ModelOption model, CommonOptions common, SamplingMixin sampling)
            throws IOException {
        return folder.tokenizer().isPresent()
                ? engine(model, common, sampling)
                : engine(NumberVocabulary.of(folder.config().vocab()), common, sampling);
    }

    private Engine engine(Tokenizer tokenizer, CommonOptions common, SamplingMixin sampling) {
        var settings = GenerationSettings.of(folder.generation(), folder.config());
        settings =
                settings.withSampling(sampling.over(settings.sampling()))
                        .withMaxNewTokens(sampling.maxTokensOr(settings.maxNewTokens()));
        var options = EngineOptions.defaults().withContext(common.context);
        return new Engine(backend, tokenizer, settings, options);
    }

    @Override
    public void close() {
        backend.close();
    }
}
