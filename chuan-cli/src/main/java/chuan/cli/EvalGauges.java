package chuan.cli;

import chuan.engine.Cancellation;
import chuan.eval.Examination.Paper;
import chuan.eval.measure.Gauge;
import chuan.model.Backend;
import chuan.tokenizer.Tokenizer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// Runs what measures a model without asking it anything.
record EvalGauges(List<Gauge> gauges, Streams streams) {
    private static final int STEPS = 1000;

    List<Paper> measure(Backend backend, Tokenizer tokenizer, Cancellation cancellation)
            throws IOException {
        var papers = new ArrayList<Paper>();
        for (Gauge gauge : gauges)
            try (var line = new ProgressLine(streams, gauge.name(), "per mille", STEPS)) {
                var measures =
                        gauge.measure(
                                backend,
                                tokenizer,
                                part -> line.update(Math.round(part * STEPS)),
                                cancellation);
                papers.add(gauge.paper(measures));
            }
        return papers;
    }
}
