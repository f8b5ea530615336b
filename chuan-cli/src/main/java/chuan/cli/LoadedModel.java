package chuan.cli;

import chuan.cpu.CpuBackend;
import chuan.cpu.CpuOptions;
import chuan.engine.Engine;
import chuan.engine.EngineOptions;
import chuan.engine.GenerationSettings;
import chuan.files.ModelFolder;
import chuan.kernel.KernelSelector;
import chuan.model.Backend;
import chuan.model.ReferenceBackend;
import chuan.tokenizer.Tokenizer;
import java.io.IOException;

/// A model folder brought onto a device: the one place that picks a back end.
record LoadedModel(ModelFolder folder, Backend backend) implements AutoCloseable {

    static LoadedModel open(
            ModelOption model, CommonOptions common, KernelChoice kernels, Streams streams) {
        common.check();
        ModelFolder folder = model.open();
        var loaded = new LoadedModel(folder, backend(folder, common, kernels));
        if (common.verbose) streams.err().println("chuan: " + loaded.backend.description());
        return loaded;
    }

    private static Backend backend(ModelFolder folder, CommonOptions common, KernelChoice kernels) {
        if (kernels == KernelChoice.REFERENCE)
            return new ReferenceBackend(folder.config(), folder.rows());
        int context = common.context > 0 ? common.context : folder.config().maxContext();
        var options =
                new CpuOptions(
                        common.threadsOrCores(),
                        selected(kernels),
                        common.weights,
                        common.kv.type(folder.config(), context));
        return CpuBackend.load(folder, options);
    }

    private static KernelSelector selected(KernelChoice kernels) {
        return switch (kernels) {
            case AUTO, REFERENCE -> KernelSelector.select();
            case SCALAR -> KernelSelector.forced("scalar");
            case VECTOR -> KernelSelector.forced("vector");
        };
    }

    /// With the folder's tokenizer and settings.
    Engine engine(ModelOption model, CommonOptions common, SamplingMixin sampling)
            throws IOException {
        Tokenizer tokenizer = model.tokenizer();
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
