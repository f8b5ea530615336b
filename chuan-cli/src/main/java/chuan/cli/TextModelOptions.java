package chuan.cli;

import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Of commands that measure a model on texts.
final class TextModelOptions {
    @Mixin ModelOption model = new ModelOption();
    @Mixin CommonOptions common = new CommonOptions();
    @Mixin TextOptions text = new TextOptions();

    @Option(
            names = "--kernels",
            paramLabel = "K",
            description = "${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}.")
    KernelChoice kernels = KernelChoice.AUTO;

    @Option(names = "--json", description = "As one JSON object.")
    boolean json;
}
