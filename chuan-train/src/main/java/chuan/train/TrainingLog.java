package chuan.train;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;

/// What a run says: a live line on a terminal (a line every ten seconds elsewhere), and
/// `metrics.jsonl`, one object per step and per evaluation.
final class TrainingLog {
    private static final ObjectMapper JSON = JsonMapper.builder().build();
    private static final double QUIET_SECONDS = 10;

    private final Path metrics;
    private final PrintStream out;
    private final boolean live = isTerminal();
    private long lastLineNanos = System.nanoTime() - (long) (QUIET_SECONDS * 1e9);
    private double smoothed = Double.NaN;

    /// One optimizer step.
    ///
    /// @param loss mean of the step's labels, in nats
    /// @param secondsLeft estimate, at the speed of late
    record Step(
            int step,
            int steps,
            long tokens,
            double loss,
            double gradientNorm,
            double learningRate,
            double tokensPerSecond,
            double secondsLeft) {}

    TrainingLog(Path metrics, PrintStream out) {
        this.metrics = metrics;
        this.out = out;
    }

    /// The launcher knows whether somebody is watching; without it, the JDK's own answer.
    private static boolean isTerminal() {
        String known = System.getProperty("chuan.terminal");
        return known != null
                ? Boolean.parseBoolean(known)
                : System.console() != null && System.console().isTerminal();
    }

    void say(String line) {
        out.print(live ? "\r\033[K" + line + "\n" : line + "\n");
        out.flush();
    }

    void step(Step s) {
        smoothed = Double.isNaN(smoothed) ? s.loss() : 0.95 * smoothed + 0.05 * s.loss();
        var values = new LinkedHashMap<String, Object>();
        values.put("step", s.step());
        values.put("tokens", s.tokens());
        values.put("loss", s.loss());
        values.put("gradientNorm", s.gradientNorm());
        values.put("learningRate", s.learningRate());
        values.put("tokensPerSecond", Math.round(s.tokensPerSecond()));
        append(values);
        boolean due = System.nanoTime() - lastLineNanos > QUIET_SECONDS * 1e9;
        if (!live && !due && s.step() != s.steps()) {
            return;
        }
        lastLineNanos = System.nanoTime();
        String line =
                String.format(
                        Locale.ROOT,
                        "step %,d/%,d  loss %.3f (mean %.3f)  grad %.2f  lr %.2e  %,d tok/s  %s left",
                        s.step(),
                        s.steps(),
                        s.loss(),
                        smoothed,
                        s.gradientNorm(),
                        s.learningRate(),
                        Math.round(s.tokensPerSecond()),
                        duration(s.secondsLeft()));
        out.print(live ? "\r\033[K" + line : line + "\n");
        out.flush();
    }

    void evaluation(int step, long tokens, Map<String, HeldOutSet.Result> results) {
        var values = new LinkedHashMap<String, Object>();
        values.put("step", step);
        values.put("tokens", tokens);
        values.put("heldOut", results);
        append(values);
        var line = new StringBuilder("step " + step + "  held out:");
        results.forEach((name, r) -> line.append("  ").append(name).append(' ').append(r));
        say(line.toString());
    }

    private void append(Map<String, Object> values) {
        try {
            Files.writeString(
                    metrics,
                    JSON.writeValueAsString(values) + "\n",
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new TrainingException(
                    metrics + ": cannot be written (" + e.getMessage() + ")", e);
        }
    }

    private static String duration(double seconds) {
        long s = Math.round(seconds);
        return s >= 3600
                ? "%d:%02d:%02d".formatted(s / 3600, s / 60 % 60, s % 60)
                : "%d:%02d".formatted(s / 60, s % 60);
    }
}
