package chuan.cli;

import chuan.train.Pretrain;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `chuan pretrain`: a new model from token shards.
@Command(
        name = "pretrain",
        description = "Trains a new model on token shards, or goes on with a run that stopped.",
        mixinStandardHelpOptions = true)
final class PretrainCommand implements Callable<Integer> {
    private final Streams streams;

    @Parameters(paramLabel = "CONFIG", description = "Such as runs/pretrain.yaml.")
    Path config = Path.of("");

    @Option(
            names = "--device",
            paramLabel = "D",
            description = {
                "cpu: own kernels; libtorch: fetched once, about 270 MB.",
                "Default: as the configuration says, else cpu. A run may change."
            })
    String device = "";

    PretrainCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() {
        boolean finished = Pretrain.run(config, device, PretrainMemory.ofProcess(), streams.out());
        return finished ? 0 : Errors.INTERRUPTED;
    }
}
