package chuan.engine;

import chuan.model.Backend;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Who may take how much memory for keys and values, and what is taken over from whom. A request is
/// admitted when there is room for its prompt and the next part of its answer; what is remembered
/// of finished requests gives way, oldest first; and when that is not enough, the request with the
/// fewest computed tokens does, but never the oldest one: so there is always one that comes to its
/// end. Scheduler's thread only.
final class Memory {
    /// Tokens of an answer for which there is room from the start.
    private static final int AHEAD = 256;

    /// Tokens by which the room for an answer grows.
    private static final int GROWTH = 64;

    /// After so many preemptions a request waits until all of it fits.
    private static final int PREEMPTIONS = 3;

    private final Backend backend;
    private final long most;
    private final List<Job> running;
    private final boolean remembers;
    private final PrefixCache prefixes = new PrefixCache();

    // what the request at hand can take over
    private PrefixCache.@Nullable Entry match;
    private @Nullable Job leader;
    private int matched;

    /// @param running as it changes
    /// @param remembers finished requests
    Memory(Backend backend, long most, List<Job> running, boolean remembers) {
        this.backend = backend;
        this.most = most;
        this.running = running;
        this.remembers = remembers;
    }

    PrefixCache prefixes() {
        return prefixes;
    }

    /// Whether a request of this many tokens can ever run.
    static boolean fits(Backend backend, long most, int tokens) {
        return backend.kvBytes(tokens) <= most;
    }

    /// The longest sequence that can ever run, at most `wanted` tokens.
    static int longest(Backend backend, long most, int wanted) {
        int fits = 0;
        int tooMany = wanted + 1;
        while (tooMany - fits > 1) {
            int middle = (fits + tooMany) >>> 1;
            if (fits(backend, most, middle)) fits = middle;
            else tooMany = middle;
        }
        return fits;
    }

    /// Makes room for a request, if that is possible now.
    boolean reserve(Job job) {
        int ahead = Math.min(job.request.maxTokens(), AHEAD);
        long wanted = job.preemptions >= PREEMPTIONS ? job.capacity : (long) job.known + ahead;
        job.reserved = (int) Math.min(wanted, job.capacity);
        while (true) {
            match(job);
            long shared = matched == 0 ? 0 : backend.kvBytes(matched) - backend.kvBytes(1);
            if (hasRoom(backend.kvBytes(job.reserved) - shared)) return true;
            if (!prefixes.evictOldest()) return running.isEmpty();
        }
    }

    private boolean hasRoom(long bytes) {
        return backend.kvUsedBytes() + promised() + bytes <= most;
    }

    /// Makes room for somebody else, if that is possible now.
    boolean makeRoom(long bytes) {
        while (!hasRoom(bytes)) if (!prefixes.evictOldest()) return running.isEmpty();
        return true;
    }

    /// What running requests may still take.
    private long promised() {
        long sum = 0;
        for (int i = 0; i < running.size(); i++) {
            var job = running.get(i);
            int held = Math.max(job.computed(), job.leader == null ? 0 : job.sharedLength);
            sum += Math.max(0, backend.kvBytes(job.reserved) - backend.kvBytes(held));
            // the page at the end of what was taken over will be copied
            if (job.adopted > 0 || job.leader != null) sum += backend.kvBytes(1);
        }
        return sum;
    }

    /// The longest beginning of a request that is there, or that another one is computing. The last
    /// token must be computed to have its logits.
    private void match(Job job) {
        int wanted = job.known - 1;
        leader = null;
        matched = 0;
        match = remembers ? prefixes.find(job.scope, job.ids, wanted) : null;
        if (match != null) matched = match.common(job.ids, wanted);
        if (!remembers) return;
        for (int i = 0; i < running.size(); i++) {
            var other = running.get(i);
            boolean before = other != job && (job.cache == null || other.admission < job.admission);
            if (!before || !other.scope.equals(job.scope)) continue;
            int common = PrefixCache.common(other.ids, other.known, job.ids, wanted);
            if (common < matched + PrefixCache.WORTH_SHARING) continue;
            matched = common;
            leader = other;
        }
    }

    /// Gives a request that has an empty cache what can be taken over.
    void begin(Job job) {
        match(job);
        if (leader != null) {
            job.leader = leader;
            job.sharedLength = matched;
            follow(job);
        } else if (match != null) {
            prefixes.touch(match);
            job.adopt(match.cache(), matched);
        } else {
            job.beginEmpty();
        }
        match = null;
        leader = null;
    }

    /// Takes over what the leader of a request has computed meanwhile. A leader that is gone has
    /// left behind what it had.
    void follow(Job job) {
        var ahead = job.leader;
        if (ahead == null) return;
        if (ahead.cache == null || ahead.admission > job.admission) {
            job.leader = null;
            begin(job);
        } else if (ahead.computed() >= job.sharedLength) {
            job.leader = null;
            job.adopt(ahead.cache(), job.sharedLength);
        }
    }

    /// Makes room for more of an answer.
    ///
    /// @return who must give way first, null if the room is there
    @Nullable Job grow(Job job) {
        int reserved = Math.min(job.capacity, Math.max(job.reserved, job.computed()) + GROWTH);
        long more = backend.kvBytes(reserved) - backend.kvBytes(job.reserved);
        while (!hasRoom(more)) {
            if (prefixes.evictOldest()) continue;
            var victim = victim();
            if (victim != null) return victim;
            break; // the last one takes what it needs
        }
        job.reserved = reserved;
        return null;
    }

    private @Nullable Job victim() {
        Job oldest = null;
        for (var job : running) if (oldest == null || job.number < oldest.number) oldest = job;
        Job victim = null;
        for (var job : running) {
            if (job == oldest) continue;
            if (victim == null || job.computed() < victim.computed()) victim = job;
        }
        return victim;
    }

    /// Takes back the cache of a request that ended or has to wait; what it holds is remembered.
    void release(Job job) {
        var cache = job.cache;
        clear(job);
        if (cache == null) return;
        if (remembers) prefixes.insert(job.scope, job.ids, cache);
        else cache.close();
    }

    /// Takes back a cache that nobody should rely on.
    void discard(Job job) {
        var cache = job.cache;
        clear(job);
        if (cache != null) cache.close();
    }

    private static void clear(Job job) {
        job.cache = null;
        job.leader = null;
        job.adopted = 0;
        job.drafts = 0;
    }
}
