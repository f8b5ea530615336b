package chuan.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/// The `chuan` command. Exit codes: 0 success, 1 a fault of ours, 2 bad usage or bad file, 130
/// interrupted.
@Command(
        name = "chuan",
        description = "Baichuan-13B in Java: train, look into, and talk to decoders of its kind.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
public final class Main implements Callable<Integer> {
    private static final Map<String, Function<Streams, CommandLine>> COMMANDS = commands();

    private static Map<String, Function<Streams, CommandLine>> commands() {
        var c = new LinkedHashMap<String, Function<Streams, CommandLine>>();
        c.put("chat", s -> new CommandLine(new ChatCommand(s)));
        c.put("generate", s -> new CommandLine(new GenerateCommand(s)));
        c.put("serve", s -> new CommandLine(new ServeCommand(s)));
        c.put("logits", s -> new CommandLine(new LogitsCommand(s)));
        c.put("tokenize", s -> new CommandLine(new TokenizeCommand(s)));
        c.put("inspect", s -> new CommandLine(new InspectCommand(s)));
        c.put("perplexity", s -> new CommandLine(new PerplexityCommand(s)));
        c.put(
                "eval",
                s ->
                        new CommandLine(new EvalCommand(s))
                                .addSubcommand(new EvalReportCommand(s))
                                .addSubcommand(new EvalCompareCommand(s))
                                .addSubcommand(new EvalQuantizationCommand(s))
                                .addSubcommand(new EvalDemosCommand(s)));
        c.put("compare", s -> new CommandLine(new CompareCommand(s)));
        c.put("quantize", s -> new CommandLine(new QuantizeCommand(s)));
        c.put("convert", s -> new CommandLine(new ConvertCommand(s)));
        c.put("pull", s -> new CommandLine(new PullCommand(s)));
        c.put("synthesize", s -> new CommandLine(new SynthesizeCommand(s)));
        c.put(
                "bench",
                s -> new CommandLine(new BenchCommand(s)).addSubcommand(new BenchReportCommand(s)));
        c.put("doctor", s -> new CommandLine(new DoctorCommand(s)));
        c.put("tokenizer", s -> new CommandLine(new TokenizerCommand(s)));
        c.put("corpus", s -> new CommandLine(new CorpusCommand(s)));
        c.put("pretrain", s -> new CommandLine(new PretrainCommand(s)));
        c.put("sft", s -> new CommandLine(new SftCommand(s)));
        c.put("warm-up", s -> new CommandLine(new WarmUpCommand(s)));
        return c;
    }

    static List<String> commandNames() {
        return COMMANDS.keySet().stream().filter(name -> !name.equals("warm-up")).toList();
    }

    @Override
    public Integer call() {
        throw new CliException("no command given; chuan --help lists them");
    }

    /// Runs one command line and returns its exit code.
    static int run(Streams streams, String... args) {
        var root = new CommandLine(new Main());
        String first = args.length == 0 ? "" : args[0];
        // Describing a command costs start-up time: only the one that is asked for, if it is clear.
        var asked = COMMANDS.get(first);
        if (asked != null) root.addSubcommand(first, asked.apply(streams));
        else COMMANDS.forEach((name, make) -> root.addSubcommand(name, make.apply(streams)));
        var errors = new Errors(streams.err());
        root.setOut(streams.outWriter());
        root.setErr(streams.errWriter());
        root.setCaseInsensitiveEnumValuesAllowed(true);
        root.setParameterExceptionHandler(errors);
        root.setExecutionExceptionHandler(errors);
        int code = root.execute(args);
        streams.out().flush();
        return code;
    }

    public static void main(String[] args) {
        int code = run(Streams.ofProcess(), args);
        System.exit(code);
    }
}
