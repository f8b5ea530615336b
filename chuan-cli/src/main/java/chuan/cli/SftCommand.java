package chuan.cli;

import chuan.train.Sft;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `chuan sft`: a base model that learns to answer.
@Command(
        name = "sft",
        description = "Teaches a base model to answer, from dialogues.",
        mixinStandardHelpOptions = true)
final class SftCommand implements Callable<Integer> {
    private final Streams streams;

    @Parameters(paramLabel = "CONFIG", description = "Such as runs/sft.yaml.")
    Path config = Path.of("");

    @Option(
            names = "--device",
            paramLabel = "D",
            description = {
                "cpu: own kernels; libtorch: fetched once, about 270 MB.",
                "Default: as the configuration says, else cpu. A run may change."
            })
    String device = "";

    SftCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() {
        boolean finished = Sft.run(config, device, PretrainMemory.ofProcess(), streams.out());
        return finished ? 0 : Errors.INTERRUPTED;
    }
}
