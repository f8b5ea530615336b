package chuan.measure;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;

/// Takes turns: this program, the first other one, the second, this program again, so that whatever
/// else the machine does falls on all alike.
///
/// @param own this program
/// @param peers others, in the same state; they are not asked for batches
/// @param done called after each of this program's repetitions that count, with its tokens
public record Interleaved(Subject own, List<? extends Subject> peers, LongConsumer done) {
    /// The compilers of the JVM have seen what is to be timed by then.
    private static final double WARM_SECONDS = 1;

    /// A prompt this long warms as well as a longer one.
    private static final int WARM_PROMPT = 128;

    private static final int WARM_GENERATE = 8;

    /// Threads of the one that ran before have gone to sleep by then.
    private static final long PAUSE_MILLIS = 20;

    public Interleaved {
        peers = List.copyOf(peers);
    }

    /// @param rate tokens per second
    /// @param cpuSeconds per repetition
    public record Turns(Sample rate, Sample cpuSeconds) {}

    /// @param load of the machine when it began
    /// @param peers as many as took part
    public record Result(SpeedCase speedCase, double load, Turns own, List<Turns> peers) {}

    /// @throws IOException if another program failed
    public Result measure(SpeedCase speedCase, int rounds) throws IOException {
        double load = Machine.load();
        var subjects = new ArrayList<Subject>(List.of(own));
        if (speedCase.batch() == 1) subjects.addAll(peers);
        warm(subjects, speedCase);
        var rates = new ArrayList<List<Double>>();
        var processor = new ArrayList<List<Double>>();
        subjects.forEach(_ -> rates.add(new ArrayList<>()));
        subjects.forEach(_ -> processor.add(new ArrayList<>()));
        for (int round = 0; round < rounds; round++)
            for (int i = 0; i < subjects.size(); i++) {
                if (subjects.size() > 1) pause();
                var timing = subjects.get(i).time(speedCase);
                rates.get(i).add(speedCase.tokens() / timing.seconds());
                processor.get(i).add(timing.cpuSeconds());
                if (i == 0) done.accept(speedCase.tokens());
            }
        var turns = new ArrayList<Turns>();
        for (int i = 0; i < subjects.size(); i++)
            turns.add(new Turns(new Sample(rates.get(i)), new Sample(processor.get(i))));
        return new Result(
                speedCase, load, turns.getFirst(), List.copyOf(turns.subList(1, turns.size())));
    }

    private static void warm(List<Subject> subjects, SpeedCase c) throws IOException {
        var less =
                new SpeedCase(
                        Math.min(c.prompt(), WARM_PROMPT),
                        Math.min(c.generate(), WARM_GENERATE),
                        c.depth(),
                        c.batch());
        for (var subject : subjects) {
            double spent = 0;
            while (spent < WARM_SECONDS) spent += subject.time(less).seconds();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
