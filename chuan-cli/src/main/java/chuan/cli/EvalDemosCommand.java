package chuan.cli;

import chuan.cpu.ActivationType;
import chuan.engine.Cancellation;
import chuan.eval.Ask;
import chuan.eval.Examinee;
import chuan.eval.Reply;
import chuan.eval.measure.DemoPrompt;
import chuan.eval.report.DemoSheet;
import chuan.files.AtomicFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `chuan eval demos`: what models write to the prompts of the announcements.
@Command(
        name = "demos",
        description = {
            "Lets models write to the same prompts, side by side.",
            "The prompts are those of the announcements of Baichuan and a few of our own."
        },
        mixinStandardHelpOptions = true)
final class EvalDemosCommand implements Callable<Integer> {
    private final Streams streams;

    @Option(
            names = {"-m", "--model"},
            paramLabel = "MODEL",
            description =
                    "Model folder, .gguf file or name of a pulled model; may be given more than"
                            + " once; default: the shipped one.")
    List<Path> models = new ArrayList<>();

    @Mixin CommonOptions common = new CommonOptions();

    @Option(
            names = "--max-tokens",
            paramLabel = "N",
            description = "Of each answer; default: ${DEFAULT-VALUE}.")
    int maxTokens = 96;

    @Option(
            names = "--html",
            paramLabel = "PAGE",
            description = "Write a page that opens from the disk and needs no network.")
    @Nullable Path html;

    @Option(
            names = "--kernels",
            paramLabel = "K",
            description = "${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}.")
    KernelChoice kernels = KernelChoice.AUTO;

    EvalDemosCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws IOException {
        if (maxTokens < 1 || maxTokens > 4096)
            throw new CliException("--max-tokens " + maxTokens + ": from 1 to 4096");
        common.activationsUnlessGiven(ActivationType.F32);
        common.shareThreads();
        var names = new ArrayList<String>();
        var answers = new ArrayList<List<DemoSheet.Written>>();
        for (ModelOption model : options()) {
            names.add(String.valueOf(model.path().toAbsolutePath().normalize().getFileName()));
            answers.add(answers(model));
        }
        var sheet = new DemoSheet(names, rows(answers));
        if (html != null) AtomicFile.writeText(html, sheet.html());
        else streams.out().print(sheet.text());
        return 0;
    }

    private List<ModelOption> options() {
        var options = new ArrayList<ModelOption>();
        for (Path path : models) {
            var option = new ModelOption();
            option.folder = path;
            options.add(option);
        }
        if (options.isEmpty()) options.add(new ModelOption());
        return options;
    }

    private static List<DemoSheet.Row> rows(List<List<DemoSheet.Written>> answers) {
        var rows = new ArrayList<DemoSheet.Row>();
        for (int i = 0; i < DemoPrompt.ALL.size(); i++) {
            var prompt = DemoPrompt.ALL.get(i);
            int at = i;
            rows.add(
                    new DemoSheet.Row(
                            prompt.about(),
                            prompt.aboutChinese(),
                            prompt.text(),
                            prompt.chat(),
                            answers.stream().map(of -> of.get(at)).toList()));
        }
        return rows;
    }

    private List<DemoSheet.Written> answers(ModelOption model) throws IOException {
        try (var local =
                EvalModel.open(model, common, kernels, DemoPrompt.ALL.size(), true, streams)) {
            Examinee examinee = local.examinee();
            boolean tuned = Boolean.TRUE.equals(examinee.facts().get("tuned to chat"));
            var asks = new ArrayList<Ask>();
            for (DemoPrompt prompt : DemoPrompt.ALL) asks.add(prompt.ask(tuned, maxTokens));
            var written = new DemoSheet.Written[asks.size()];
            examinee.answer(
                    asks, (ask, reply, _) -> written[ask] = written(reply), new Cancellation());
            return List.of(written);
        }
    }

    private static DemoSheet.Written written(Reply reply) {
        return switch (reply) {
            case Reply.Writing(String text, boolean cut, int _, int tokens) ->
                    new DemoSheet.Written(text, tokens, cut);
            case Reply.Failure(String why) -> throw new CliException(why);
            case Reply.Letters _, Reply.Likelihood _ ->
                    throw new IllegalStateException("not what was asked for");
        };
    }
}
