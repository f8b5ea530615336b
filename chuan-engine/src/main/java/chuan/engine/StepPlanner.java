package chuan.engine;

/// How much a step takes on, from what earlier steps took: time is what a step may cost, not a
/// number of tokens. Scheduler's thread only.
final class StepPlanner {
    /// Tokens of prompts in a step, at least, so that they never come to a halt, and at most.
    private static final int LEAST = 16;

    private static final int MOST = 512;

    /// As long as nothing is known.
    private static final int FIRST = 128;

    /// Nobody waits for a token; but somebody may cancel, or a short prompt arrive.
    private static final double ALONE_SECONDS = 0.5;

    /// Tokens drafted at most.
    static final int MOST_DRAFTS = 8;

    /// How probable it is that a drafted token is right where nothing is known about a text.
    static final double USUAL_LUCK = 0.4;

    /// The same where only one text may follow, which can be cut into tokens in several ways.
    static final double FORCED_LUCK = 0.8;

    /// What a draft must gain at least, as a part of a step: times are estimates.
    private static final double WORTH = 0.05;

    private final SchedulerOptions options;
    private final StepTimes times;

    StepPlanner(SchedulerOptions options, StepTimes times) {
        this.options = options;
        this.times = times;
    }

    /// Tokens of prompts that a step with `rows` others has time for.
    int promptTokens(int rows) {
        if (times.isEmpty()) return FIRST;
        double target =
                rows == 0
                        ? ALONE_SECONDS
                        : Math.max(
                                options.stepTarget().toNanos() * 1e-9, 1.5 * times.seconds(rows));
        int tokens = MOST;
        while (tokens > LEAST && times.seconds(rows + tokens) > target) tokens -= LEAST;
        return tokens;
    }

    /// What a token of a prompt costs.
    double tokenNanos() {
        return times.seconds(FIRST) / FIRST * 1e9;
    }

    /// Writes a draft behind the ids of a request, if it is likely to gain more than it costs: with
    /// `p` for the probability of each token, a draft of `k` gains `p + p^2 + .. + p^k` tokens,
    /// each worth its share of a step. What a grammar leaves no choice about goes first.
    ///
    /// @param decoding requests that get a token in this step
    /// @param rows of the step so far
    /// @return tokens drafted
    int draft(Job job, int decoding, int rows) {
        int left = job.request.maxTokens() - job.answer().generated() - 1;
        int most = Math.min(MOST_DRAFTS, Math.min(left, job.capacity - job.known));
        job.forced = 0;
        if (options.speculation() == Speculation.OFF || most <= 0) return 0;
        var constraint = job.request.constraint();
        int forced = constraint.forced(job.answer().state(), job.ids, job.known, most);
        if (forced > 0) {
            job.forcedLuck += 0.005 * (FORCED_LUCK - job.forcedLuck);
            job.forced = worthwhile(job.forcedLuck, decoding, rows, forced);
            return job.forced;
        }
        job.draftLuck += 0.005 * (USUAL_LUCK - job.draftLuck); // what failed once may work again
        int tokens = worthwhile(job.draftLuck, decoding, rows, most);
        return legal(job, PromptLookup.draft(job.ids, job.known, tokens));
    }

    private int worthwhile(double luck, int decoding, int rows, int most) {
        if (options.speculation() == Speculation.ALWAYS) return most;
        double share = times.seconds(decoding) / decoding;
        double step = times.seconds(rows);
        double best = WORTH * step;
        int tokens = 0;
        double gained = 0;
        double probability = 1;
        for (int k = 1; k <= most; k++) {
            probability *= luck;
            gained += probability;
            double gain = gained * share - (times.seconds(rows + k) - step);
            if (gain > best) {
                best = gain;
                tokens = k;
            }
        }
        return tokens;
    }

    /// How many of the drafted tokens the constraint allows.
    private static int legal(Job job, int drafted) {
        var constraint = job.request.constraint();
        if (constraint == Constraint.NONE) return drafted;
        int state = job.answer().state();
        for (int i = 0; i < drafted; i++) {
            state = constraint.advance(state, job.ids[job.known + i]);
            if (state < 0) return i;
        }
        return drafted;
    }
}
