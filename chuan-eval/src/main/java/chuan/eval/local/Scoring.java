package chuan.eval.local;

import chuan.engine.Cancellation;
import chuan.engine.TokenLogprobs;
import chuan.eval.local.PrefixTree.Branch;
import chuan.model.Backend;
import chuan.model.Batch;
import chuan.model.KvCache;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Passes lines through a model. The branches of their [PrefixTree] are computed depth first, so
/// that few caches are open at a time, some of them together in each step.
///
/// One thread; the sums over the vocabulary are shared between those of the back end, each summed
/// by one of them.
final class Scoring {
    /// What a back end computes in one go: less wastes a part of it.
    private static final int STEP_TOKENS = 256;

    /// Logits held at once, unless a single row has more.
    private static final int MOST_LOGITS = 1 << 22;

    private static final int MOST_ROWS = 64;

    /// A branch that can be begun.
    private record Waiting(Branch branch, @Nullable Trunk trunk) {}

    /// A branch that was begun.
    private static final class Running {
        private final Branch branch;
        private final KvCache cache;
        private int next;

        // of the step at hand
        private int end;
        private int row;

        Running(Branch branch, KvCache cache) {
            this.branch = branch;
            this.cache = cache;
            next = branch.from();
        }

        int wanted() {
            return Math.max(0, end - Math.max(next, branch.first()));
        }
    }

    private final Backend backend;
    private final int vocab;
    private final int context;
    private final int most;
    private final long kvBytes;
    private final PrefixTree tree;
    private final Consumer<Answering> done;
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    private final ArrayList<Running> running = new ArrayList<>();
    private final Batch batch = new Batch();
    private final int mostRows;
    private final float[] logits;
    private final boolean[] needsSum;
    private final double[] logSums;
    private final int[] tops;

    /// @param context tokens that a line has at most
    /// @param most branches in a step
    /// @param kvBytes of keys and values, beyond which no further branch is begun beside others
    /// @param done hears of each ask when the last of its lines is through
    Scoring(
            Backend backend,
            int context,
            int most,
            long kvBytes,
            PrefixTree tree,
            Consumer<Answering> done) {
        this.backend = backend;
        this.context = context;
        this.most = most;
        this.kvBytes = kvBytes;
        this.tree = tree;
        this.done = done;
        vocab = backend.config().vocab();
        mostRows = Math.clamp(MOST_LOGITS / vocab, 1, MOST_ROWS);
        logits = new float[Math.multiplyExact(mostRows, vocab)];
        needsSum = new boolean[mostRows];
        logSums = new double[mostRows];
        tops = new int[mostRows];
    }

    /// @throws CancellationException after a cancellation
    void run(Cancellation cancellation) {
        push(tree.roots(), null);
        try {
            while (!waiting.isEmpty() || !running.isEmpty()) {
                if (cancellation.isCancelled()) throw new CancellationException();
                while (!waiting.isEmpty() && mayStart()) start(waiting.pop());
                step();
            }
        } finally {
            for (var left : running) left.cache.close();
            for (var left : waiting) if (left.trunk != null) left.trunk.abandon();
            running.clear();
            waiting.clear();
        }
    }

    private void push(List<Branch> branches, @Nullable Trunk trunk) {
        for (var branch : branches.reversed()) waiting.push(new Waiting(branch, trunk));
    }

    private boolean mayStart() {
        if (running.isEmpty()) return true;
        if (running.size() >= most) return false;
        long needed = backend.kvUsedBytes();
        for (var one : running) needed += backend.kvBytes(one.branch.to() - one.next);
        var next = waiting.element().branch;
        return needed + backend.kvBytes(next.to() - next.from()) <= kvBytes;
    }

    private void start(Waiting next) {
        var cache = backend.newCache(context);
        running.add(new Running(next.branch, cache));
        if (next.trunk != null) next.trunk.giveTo(cache, next.branch.from());
    }

    private void step() {
        int tokens = fill();
        long begin = System.nanoTime();
        backend.forward(batch, logits);
        sum();
        double seconds = (System.nanoTime() - begin) * 1e-9;
        for (int i = 0; i < running.size(); ) {
            var one = running.get(i);
            share(one, seconds * (one.end - one.next) / tokens);
            read(one);
            one.next = one.end;
            if (one.next < one.branch.to()) {
                i++;
            } else {
                running.remove(i);
                finish(one);
            }
        }
    }

    /// @return tokens of the step
    private int fill() {
        batch.clear();
        int tokens = 0;
        for (var one : running) {
            int end = Math.min(one.branch.to(), one.next + STEP_TOKENS - tokens);
            int room = mostRows - batch.rows();
            end = Math.min(end, Math.max(one.next, one.branch.first()) + room);
            one.end = end;
            one.row = batch.rows();
            if (end == one.next) continue;
            int[] ids = tree.line(one.branch.low()).ids();
            batch.add(one.cache, ids, one.next, end, one.wanted());
            tokens += end - one.next;
        }
        return tokens;
    }

    private void sum() {
        int rows = batch.rows();
        for (var one : running) {
            for (int i = 0; i < one.wanted(); i++) {
                int row = one.end - one.wanted() + i;
                needsSum[one.row + i] = needsSum(one.branch, row);
            }
        }
        if (rows > 0) backend.share(rows, this::sum);
    }

    private boolean needsSum(Branch branch, int row) {
        for (int i = branch.low(); i < branch.high(); i++) {
            var line = tree.line(i);
            if (line.first() <= row && line.answering().needsSum()) return true;
        }
        return false;
    }

    /// Sums some rows. On any thread of the back end.
    private void sum(int worker, int from, int to) {
        for (int row = from; row < to; row++) {
            if (!needsSum[row]) continue;
            logSums[row] = TokenLogprobs.logSumExp(logits, row * vocab, vocab);
            tops[row] = top(row * vocab);
        }
    }

    private int top(int at) {
        int top = 0;
        for (int id = 1; id < vocab; id++) if (logits[at + id] > logits[at + top]) top = id;
        return top;
    }

    private void share(Running one, double seconds) {
        double each = seconds / (one.branch.high() - one.branch.low());
        for (int i = one.branch.low(); i < one.branch.high(); i++)
            tree.line(i).answering().spent(each);
    }

    private void read(Running one) {
        for (int i = 0; i < one.wanted(); i++) {
            int row = one.end - one.wanted() + i;
            int at = one.row + i;
            for (int l = one.branch.low(); l < one.branch.high(); l++) {
                var line = tree.line(l);
                if (line.first() <= row)
                    line.answering().read(line, row, logits, at * vocab, logSums[at], tops[at]);
            }
        }
    }

    /// Of a branch that is through, tells those whose lines end here, and lets the others go on.
    private void finish(Running one) {
        var branch = one.branch;
        var behind = tree.behind(branch);
        if (behind.isEmpty()) one.cache.close();
        else push(behind, new Trunk(one.cache, behind.size()));
        for (int i = branch.low(); i < branch.high(); i++) {
            var line = tree.line(i);
            if (line.length() == branch.to() && line.answering().lineIsThrough())
                done.accept(line.answering());
        }
    }
}
