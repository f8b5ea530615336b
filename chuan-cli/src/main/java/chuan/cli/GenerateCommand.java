package chuan.cli;

import chuan.engine.Engine;
import chuan.engine.FinishReason;
import chuan.engine.GenerateRequest;
import chuan.engine.GenerateResult;
import chuan.engine.TokenListener;
import chuan.engine.TokenLogprobs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `chuan generate`: continues a text, without a chat format around it.
@Command(
        name = "generate",
        description = "Continues a text. Without --prompt and --ids the text is read from stdin.",
        mixinStandardHelpOptions = true)
final class GenerateCommand implements Callable<Integer> {
    private final Streams streams;

    @Mixin ModelOption model = new ModelOption();
    @Mixin SamplingMixin sampling = new SamplingMixin();
    @Mixin CommonOptions common = new CommonOptions();

    @Option(
            names = {"-p", "--prompt"},
            paramLabel = "TEXT",
            description = "The text to continue.")
    @Nullable String prompt;

    @Option(
            names = "--ids",
            paramLabel = "IDS",
            description = "Token ids to continue, such as \"1 2 3\".")
    @Nullable String ids;

    @Option(names = "--stop", paramLabel = "TEXT", description = "Ends the text; may be repeated.")
    List<String> stop = new ArrayList<>();

    @Option(
            names = "--logprobs",
            paramLabel = "N",
            description = "Log-probabilities of each token and of the N best (with --json).")
    int logprobs = -1;

    @Option(
            names = "--kernels",
            paramLabel = "K",
            description = "${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}.")
    KernelChoice kernels = KernelChoice.AUTO;

    @Option(names = "--json", description = "One JSON object at the end instead of the text.")
    boolean json;

    GenerateCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws IOException {
        if (prompt != null && ids != null)
            throw new CliException("--prompt and --ids exclude each other");
        try (var loaded = LoadedModel.open(model, common, kernels, streams)) {
            Engine engine =
                    ids == null
                            ? loaded.engine(model, common, sampling)
                            : loaded.engineOfIds(model, common, sampling);
            GenerateRequest request = request(engine).withStop(stop).withLogprobs(logprobs);
            TokenListener listener = json ? TokenListener.NONE : this::print;
            GenerateResult result = engine.generate(request, listener);
            streams.out().println(json ? Json.line(report(result)) : "");
            if (common.verbose && !json) streams.err().println("chuan: " + speed(result));
        }
        return 0;
    }

    private GenerateRequest request(Engine engine) throws IOException {
        if (ids != null) {
            try {
                return engine.request(TokenizeCommand.ids(ids));
            } catch (IllegalArgumentException e) {
                throw new CliException("--ids: " + e.getMessage());
            }
        }
        if (prompt != null) return engine.request(prompt);
        String text = new String(streams.in().readAllBytes(), StandardCharsets.UTF_8);
        return engine.request(text.endsWith("\n") ? text.substring(0, text.length() - 1) : text);
    }

    private void print(String text) {
        streams.out().print(text);
        streams.out().flush();
    }

    private static String speed(GenerateResult result) {
        var s = result.statistics();
        return String.format(
                Locale.ROOT,
                "prompt %d tokens (%.0f/s), generated %d (%.1f/s), %s, seed %d",
                s.promptTokens(),
                s.prefillTokensPerSecond(),
                s.generatedTokens(),
                s.decodeTokensPerSecond(),
                finish(result.finishReason()),
                result.seed());
    }

    private static String finish(FinishReason reason) {
        return reason.name().toLowerCase(Locale.ROOT);
    }

    private Map<String, Object> report(GenerateResult result) {
        var r = new LinkedHashMap<String, Object>();
        r.put("text", result.text());
        r.put("ids", result.ids());
        r.put("finish_reason", finish(result.finishReason()));
        r.put("stop", result.stop());
        r.put("seed", result.seed());
        var s = result.statistics();
        r.put("prompt_tokens", s.promptTokens());
        r.put("generated_tokens", s.generatedTokens());
        r.put("prompt_seconds", s.prefillSeconds());
        r.put("generate_seconds", s.decodeSeconds());
        if (logprobs >= 0) r.put("logprobs", result.tokens().stream().map(this::token).toList());
        return r;
    }

    private Map<String, Object> token(TokenLogprobs token) {
        var r = new LinkedHashMap<String, Object>();
        r.put("id", token.id());
        r.put("logprob", token.logprob());
        r.put("top", token.top());
        return r;
    }
}
