package chuan.eval.task;

import java.util.List;
import java.util.stream.IntStream;

/// Which examples each question of a subject gets, by their place in the pool.
interface ExampleOrder {
    /// The questions of one subject, in their order.
    interface Draws {
        List<Integer> next(Item question);
    }

    /// @param pool examples there are
    /// @param count examples wanted, not more than the pool has
    Draws start(TaskFile.Subject subject, int pool, int count);

    static ExampleOrder of(ShotRule rule) {
        return (_, pool, count) -> {
            var random = new PythonRandom(rule.seed());
            return switch (rule.order()) {
                case FIRST, FIXED, HELD -> {
                    var first = IntStream.range(0, count).boxed().toList();
                    yield _ -> first;
                }
                case SHUFFLED -> _ -> random.sample(pool, pool).subList(0, count);
                case SAMPLED -> _ -> random.sample(pool, count);
            };
        };
    }
}
