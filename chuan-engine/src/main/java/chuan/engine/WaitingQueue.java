package chuan.engine;

import java.util.ArrayList;
import java.util.HashMap;
import org.jspecify.annotations.Nullable;

/// Who is next. Requests that had to make room go first. Otherwise it is the turn of the scope that
/// was served least, counted in tokens (Sheng et al. 2024, "Fairness in Serving Large Language
/// Models"), and within a scope of the request that would be done with its prompt first, from which
/// is taken how long it has waited: so a short one passes a long one, but not for ever.
///
/// Scheduler's thread only.
final class WaitingQueue {
    private final ArrayList<Job> resumed = new ArrayList<>();
    private final ArrayList<Job> waiting = new ArrayList<>();

    /// Of scopes that have requests, or were served more than those which have.
    private final HashMap<String, Share> shares = new HashMap<>();

    /// What a scope got.
    static final class Share {
        private double served;

        /// Its requests, waiting and running.
        private int requests;
    }

    /// Adds a new request. A scope that was away for a while has saved nothing up.
    void add(Job job) {
        var share = shares.computeIfAbsent(job.scope, _ -> new Share());
        job.share = share;
        if (share.requests == 0) {
            double least = leastServed();
            if (least != Double.POSITIVE_INFINITY) share.served = Math.max(share.served, least);
        }
        share.requests++;
        waiting.add(job);
    }

    private double leastServed() {
        double least = Double.POSITIVE_INFINITY;
        for (var share : shares.values())
            if (share.requests > 0) least = Math.min(least, share.served);
        return least;
    }

    /// Adds a request that was running and goes on as soon as there is room.
    void resume(Job job) {
        resumed.add(job);
    }

    /// A request came to its end.
    void left(Job job) {
        if (--job.share().requests > 0) return;
        double least = leastServed();
        shares.values().removeIf(share -> share.requests == 0 && share.served <= least);
    }

    /// Counts tokens, those of an answer twice.
    void serve(Job job, int promptTokens, int answerTokens) {
        job.share().served += promptTokens + 2.0 * answerTokens;
    }

    /// The request whose turn it is; it stays in the queue.
    ///
    /// @param tokenNanos what a token of a prompt costs
    @Nullable Job next(long now, double tokenNanos) {
        if (!resumed.isEmpty()) return resumed.getFirst();
        Job best = null;
        for (int i = 0; i < waiting.size(); i++) {
            var job = waiting.get(i);
            if (best == null || before(job, best, now, tokenNanos)) best = job;
        }
        return best;
    }

    private boolean before(Job a, Job b, long now, double tokenNanos) {
        int byService =
                a.scope.equals(b.scope) ? 0 : Double.compare(a.share().served, b.share().served);
        if (byService != 0) return byService < 0;
        return urgency(a, now, tokenNanos) < urgency(b, now, tokenNanos);
    }

    /// The lower the more urgent: time for the rest of the prompt minus time waited.
    static double urgency(Job job, long now, double tokenNanos) {
        return job.toCompute() * tokenNanos - (now - job.arrivedNanos);
    }

    void remove(Job job) {
        if (!resumed.remove(job)) waiting.remove(job);
    }

    int size() {
        return resumed.size() + waiting.size();
    }

    /// Resumed requests first, the others as they came.
    Job get(int index) {
        return index < resumed.size() ? resumed.get(index) : waiting.get(index - resumed.size());
    }
}
