package chuan.eval.run;

import chuan.engine.Cancellation;
import chuan.eval.Ask;
import chuan.eval.Examination;
import chuan.eval.Examination.Paper;
import chuan.eval.ExaminationException;
import chuan.eval.Examinee;
import chuan.eval.Exercise;
import chuan.eval.Reply;
import chuan.eval.Result;
import chuan.eval.Task;
import chuan.eval.Verdict;
import chuan.eval.report.ExaminationFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Holds examinations. With a file to write to, what has been answered is kept beside it line by
/// line, and the same examination held again goes on from there; questions that failed are asked
/// again.
///
/// The same examination held again gives the same results, whatever the batch, the threads and the
/// interruptions, but for the facts that begin with [Examinee#OF_RUN] and the seconds of each
/// question.
public final class Examiner {
    /// Hears how far an examination is.
    public interface Progress {
        Progress NONE = (_, _, _, _) -> {};

        /// @param answered so far, of which `known` before this run began
        void update(Task task, int answered, int known, int questions);
    }

    private final Examinee examinee;
    private final Map<String, Object> facts;
    private final boolean times;
    private final Progress progress;
    private List<Paper> measured = List.of();

    /// @param facts about program and command, shown before those of the examinee
    /// @param times whether the result says how long it took; without, equal examinations have
    ///   equal results to the last bit
    public Examiner(
            Examinee examinee, Map<String, Object> facts, boolean times, Progress progress) {
        this.examinee = examinee;
        this.facts = new LinkedHashMap<>(facts);
        this.times = times;
        this.progress = progress;
    }

    /// A question, and what has come of it.
    private static final class Open {
        private final Exercise exercise;
        private final String promptHash;
        private final @Nullable Reply[] replies;
        private int missing;
        private double seconds;
        private @Nullable Result result;

        Open(Exercise exercise) {
            this.exercise = exercise;
            promptHash = PromptHash.of(exercise.asks());
            missing = exercise.asks().size();
            replies = new Reply[missing];
        }

        boolean asksLetters() {
            var asks = exercise.asks();
            return asks.size() == 1 && asks.getFirst() instanceof Ask.Letters;
        }

        /// @return whether it was the last
        boolean take(int ask, Reply reply, double took) {
            if (replies[ask] != null) throw new IllegalStateException("answered twice");
            replies[ask] = reply;
            seconds += took;
            return --missing == 0;
        }
    }

    /// What was measured without asking anything; stands behind the tasks in the result.
    ///
    /// @return this
    public Examiner with(List<Paper> papers) {
        measured = List.copyOf(papers);
        return this;
    }

    /// Holds it without a file.
    ///
    /// @throws IOException if a task cannot be read
    /// @throws java.util.concurrent.CancellationException after a cancellation
    public Examination hold(List<Task> tasks, Cancellation cancellation) throws IOException {
        return hold(tasks, null, cancellation);
    }

    /// Holds it and writes the result to `out`, which is whole at any time.
    ///
    /// @throws ExaminationException if `out` holds something else, or if an unfinished examination
    ///   of that name has other settings
    public Examination holdAndWrite(List<Task> tasks, Path out, Cancellation cancellation)
            throws IOException {
        refuseToOverwrite(out);
        try (var run = RunFile.open(RunFile.beside(out), settings(tasks))) {
            var examination = hold(tasks, run, cancellation);
            ExaminationFile.write(out, examination);
            if (failures(examination) == 0) run.delete();
            return examination;
        }
    }

    /// Where an unfinished examination is kept.
    public static Path unfinished(Path out) {
        return RunFile.beside(out);
    }

    /// Questions that could not be asked.
    public static long failures(Examination examination) {
        return examination.papers().stream()
                .flatMap(paper -> paper.results().stream())
                .filter(result -> result.verdict().outcome() == Verdict.Outcome.FAILED)
                .count();
    }

    private static void refuseToOverwrite(Path out) throws IOException {
        if (Files.exists(out)) ExaminationFile.read(out);
    }

    private Map<String, Object> settings(List<Task> tasks) {
        var settings = new LinkedHashMap<>(lasting(facts));
        settings.putAll(lasting(examinee.facts()));
        for (var task : tasks) settings.put(task.name(), task.facts());
        for (var paper : measured) settings.put(paper.task(), paper.facts());
        return settings;
    }

    private static Map<String, Object> lasting(Map<String, Object> facts) {
        var lasting = new LinkedHashMap<>(facts);
        lasting.keySet().removeIf(name -> name.startsWith(Examinee.OF_RUN));
        return lasting;
    }

    private Examination hold(List<Task> tasks, @Nullable RunFile run, Cancellation cancellation)
            throws IOException {
        long begin = System.nanoTime();
        var papers = new ArrayList<Paper>();
        for (var task : tasks) papers.add(hold(task, run, cancellation));
        papers.addAll(measured);
        var all = new LinkedHashMap<>(facts);
        all.putAll(examinee.facts());
        if (times) all.put(Examinee.OF_RUN + "seconds", (System.nanoTime() - begin) * 1e-9);
        else all.keySet().removeIf(name -> name.startsWith(Examinee.OF_RUN));
        return new Examination(Examination.VERSION, all, papers);
    }

    private Paper hold(Task task, @Nullable RunFile run, Cancellation cancellation)
            throws IOException {
        var questions = new ArrayList<Open>();
        for (var exercise : task.exercises(new TokenCounts(examinee::countTokens)))
            questions.add(new Open(exercise));
        int known = 0;
        for (var question : questions) {
            question.result = run == null ? null : known(run, question);
            if (question.result != null) known++;
        }
        ask(task, questions, known, run, cancellation);
        var results = questions.stream().map(q -> Objects.requireNonNull(q.result)).toList();
        var paperFacts = new LinkedHashMap<>(task.facts());
        boolean logits = examinee.givesLogits() && questions.stream().allMatch(Open::asksLetters);
        paperFacts.putAll(new Figures(results, examinee.context(), logits).facts());
        return new Paper(
                task.name(),
                task.title(),
                paperFacts,
                task.grouping(),
                task.chance(),
                task.titles(),
                results,
                task.measures(results));
    }

    private static @Nullable Result known(RunFile run, Open question) {
        var exercise = question.exercise;
        return run.known(
                exercise.task(), exercise.subject(), exercise.index(), question.promptHash);
    }

    /// Asks all questions without a result.
    private void ask(
            Task task,
            List<Open> questions,
            int known,
            @Nullable RunFile run,
            Cancellation cancellation) {
        var asks = new ArrayList<Ask>();
        var owners = new ArrayList<Open>();
        var places = new ArrayList<Integer>();
        for (var question : questions) {
            if (question.result != null) continue;
            var own = question.exercise.asks();
            for (int i = 0; i < own.size(); i++) {
                asks.add(own.get(i));
                owners.add(question);
                places.add(i);
            }
        }
        int[] answered = {known};
        progress.update(task, known, known, questions.size());
        examinee.answer(
                asks,
                (ask, reply, seconds) -> {
                    var question = owners.get(ask);
                    if (!question.take(places.get(ask), reply, seconds)) return;
                    var result = judge(question);
                    question.result = result;
                    if (run != null) write(run, result);
                    progress.update(task, ++answered[0], known, questions.size());
                },
                cancellation);
    }

    private static void write(RunFile run, Result result) {
        try {
            run.add(result);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Result judge(Open question) {
        var exercise = question.exercise;
        var replies = new ArrayList<Reply>();
        for (var reply : question.replies) replies.add(Objects.requireNonNull(reply));
        String failure = "";
        int promptTokens = 0;
        int writtenTokens = 0;
        var texts = new ArrayList<String>();
        for (var reply : replies) {
            promptTokens = Math.max(promptTokens, reply.promptTokens());
            switch (reply) {
                case Reply.Failure(String why) -> failure = failure.isEmpty() ? why : failure;
                case Reply.Writing(String text, boolean _, int _, int tokens) -> {
                    texts.add(text);
                    writtenTokens += tokens;
                }
                case Reply.Letters letters -> {
                    if (!letters.written().isEmpty()) texts.add(letters.written());
                }
                case Reply.Likelihood _ -> {}
            }
        }
        var verdict =
                failure.isEmpty()
                        ? exercise.judge().judge(replies)
                        : new Verdict(Verdict.Outcome.FAILED, "", 0, List.of());
        return new Result(
                exercise.task(),
                exercise.subject(),
                exercise.index(),
                question.promptHash,
                exercise.shots(),
                exercise.dropped(),
                exercise.key(),
                verdict,
                texts,
                failure,
                promptTokens,
                writtenTokens,
                times ? question.seconds : 0);
    }
}
