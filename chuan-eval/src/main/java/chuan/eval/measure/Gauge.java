package chuan.eval.measure;

import chuan.engine.Cancellation;
import chuan.eval.Examination.Measure;
import chuan.eval.Examination.Paper;
import chuan.eval.Grouping;
import chuan.model.Backend;
import chuan.tokenizer.Tokenizer;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/// A task that asks nothing: it measures a model of this process directly.
public interface Gauge {
    String name();

    String title();

    /// What is measured and how, in the order to be shown; of the same settings the same.
    Map<String, Object> facts();

    /// @param progress hears what part of the work is done, from 0 to 1
    /// @throws java.util.concurrent.CancellationException after a cancellation
    List<Measure> measure(
            Backend backend, Tokenizer tokenizer, Progress progress, Cancellation cancellation)
            throws IOException;

    /// Called on the thread that measures.
    interface Progress {
        void update(double part);
    }

    /// The measures as one task of an examination.
    default Paper paper(List<Measure> measures) {
        return new Paper(
                name(),
                title(),
                facts(),
                new Grouping(List.of(), Grouping.Average.MICRO),
                Double.NaN,
                Map.of(),
                List.of(),
                measures);
    }
}
