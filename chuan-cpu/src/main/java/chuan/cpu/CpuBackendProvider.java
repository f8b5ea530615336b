package chuan.cpu;

import chuan.files.ModelFolder;
import chuan.kernel.KernelSelector;
import chuan.load.BackendProvider;
import chuan.load.LoadOptions;
import chuan.model.Backend;
import chuan.model.KvType;

/// The CPU as a back end that is found when it is on the class path.
public final class CpuBackendProvider implements BackendProvider {
    @Override
    public String name() {
        return "cpu";
    }

    /// Every machine has one, so any other back end that is there was put there on purpose.
    @Override
    public int preference() {
        return 0;
    }

    @Override
    public Backend load(ModelFolder folder, LoadOptions options) {
        var config = folder.config();
        int context = options.context() > 0 ? options.context() : config.maxContext();
        int threads =
                options.threads() > 0
                        ? options.threads()
                        : Runtime.getRuntime().availableProcessors();
        return CpuBackend.load(
                folder,
                new CpuOptions(
                        threads,
                        KernelSelector.select(),
                        WeightType.AS_STORED,
                        options.kv().orElseGet(() -> KvType.automatic(config, context)),
                        options.exact() ? ActivationType.F32 : ActivationType.INT8));
    }
}
