package chuan.engine;

/// What a [Scheduler] is doing and has done since it began.
///
/// @param queued requests that wait
/// @param running requests that take part in steps
/// @param paused those of them whose reader has fallen behind
/// @param accepted requests; each ends up in one of `finished`, `cancelled` and `failed`
/// @param refused requests, because too many waited
/// @param promptTokens of all requests that ran, of which `cachedTokens` did not have to be
///   computed
/// @param generatedTokens with those that ended texts
/// @param draftedTokens proposed by speculation, of which `acceptedTokens` were right
/// @param preemptions requests that had to make room and were taken up again later
/// @param steps calls of the back end, which took `stepSeconds`
/// @param firstTokens requests whose first token came, after `firstTokenSeconds` in all since they
///   were submitted
/// @param kvUsedBytes memory of keys and values in use, of at most `kvBytes`
/// @param remembered sequences in the prefix cache
public record SchedulerStatistics(
        int queued,
        int running,
        int paused,
        long accepted,
        long finished,
        long cancelled,
        long failed,
        long refused,
        long promptTokens,
        long cachedTokens,
        long generatedTokens,
        long draftedTokens,
        long acceptedTokens,
        long preemptions,
        long embeddedTokens,
        long steps,
        double stepSeconds,
        long firstTokens,
        double firstTokenSeconds,
        long kvUsedBytes,
        long kvBytes,
        int remembered) {

    /// Requests that have not come to their end: those that wait, those that run, and those that
    /// are just going from here to there.
    public long unfinished() {
        return accepted - finished - cancelled - failed;
    }
}
