package chuan.cli;

import chuan.train.Pretrain;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `chuan pretrain`: a new model from token shards. The launcher puts libtorch on the class path
/// for this command only, so nothing here may touch training before [#call].
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
                "cpu: own kernels; libtorch.",
                "Default: as the configuration says, else libtorch. A run may change."
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
