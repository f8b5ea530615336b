package chuan.engine;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
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

    /// Tokens served to each scope that has requests, or had more than those which have.
    private final Map<String, Double> served = new HashMap<>();

    /// Requests of each scope, waiting and running.
    private final Map<String, Integer> active = new HashMap<>();

    /// Adds a new request. A scope that was away for a while has saved nothing up.
    void add(Job job) {
        if (active.merge(job.scope, 1, Integer::sum) == 1) {
            double least = Double.POSITIVE_INFINITY;
            for (String scope : active.keySet())
                if (!scope.equals(job.scope)) least = Math.min(least, serviceOf(scope));
            if (least == Double.POSITIVE_INFINITY) served.clear();
            else served.put(job.scope, Math.max(least, serviceOf(job.scope)));
        }
        waiting.add(job);
    }

    /// Adds a request that was running and goes on as soon as there is room.
    void resume(Job job) {
        resumed.add(job);
    }

    /// A request of this scope came to its end.
    void left(String scope) {
        if (active.merge(scope, -1, Integer::sum) > 0) return;
        active.remove(scope);
        double least = Double.POSITIVE_INFINITY;
        for (String other : active.keySet()) least = Math.min(least, serviceOf(other));
        double bound = least;
        served.entrySet().removeIf(e -> !active.containsKey(e.getKey()) && e.getValue() <= bound);
    }

    private double serviceOf(String scope) {
        return served.getOrDefault(scope, 0.0);
    }

    /// Counts tokens, those of an answer twice.
    void serve(String scope, int promptTokens, int answerTokens) {
        served.merge(scope, promptTokens + 2.0 * answerTokens, Double::sum);
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
                a.scope.equals(b.scope)
                        ? 0
                        : Double.compare(serviceOf(a.scope), serviceOf(b.scope));
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
