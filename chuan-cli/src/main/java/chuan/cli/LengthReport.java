package chuan.cli;

import chuan.engine.LossByLength;
import chuan.model.Extension;
import chuan.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/// `chuan perplexity --by-length`: reads, then prints a table and draws a chart.
record LengthReport(
        ModelOption model,
        CommonOptions common,
        TextOptions text,
        LengthOptions length,
        KernelChoice kernels,
        Streams streams) {

    /// @param documents that were read
    record Curve(String name, int documents, List<LossByLength.Bucket> buckets) {}

    void run(boolean json) throws IOException {
        Tokenizer tokenizer = model.tokenizer();
        int context = common.context > 0 ? common.context : model.open().config().maxContext();
        int start = tokenizer.eosId();
        var protocol =
                new LossByLength(
                        start < 0 ? OptionalInt.empty() : OptionalInt.of(start),
                        context,
                        length.bucket);
        var selections = new ArrayList<LossByLength.Selection>();
        for (Path file : text.files) selections.add(select(protocol, tokenizer, file));
        var curves = new ArrayList<Curve>();
        for (@Nullable Extension extend : extensions())
            measure(protocol, selections, extend, curves);
        if (length.chart != null) LengthChart.draw(curves, length.chart);
        if (json) streams.out().println(Json.line(report(protocol, curves)));
        else streams.out().print(table(curves));
    }

    private List<@Nullable Extension> extensions() {
        var all = new ArrayList<@Nullable Extension>(length.curves);
        if (all.isEmpty()) all.add(common.extend);
        return all;
    }

    private LossByLength.Selection select(LossByLength protocol, Tokenizer tokenizer, Path file) {
        var selection = protocol.select(tokenizer, new Documents(List.of(file)), length.documents);
        if (selection.texts().isEmpty())
            throw new CliException(
                    "%s: no document has %,d tokens, the longest has %,d; choose a smaller --ctx"
                            .formatted(file, protocol.context(), selection.longest()));
        return selection;
    }

    private void measure(
            LossByLength protocol,
            List<LossByLength.Selection> selections,
            @Nullable Extension extend,
            List<Curve> curves) {
        common.extend = extend;
        try (var loaded = LoadedModel.open(model, common, kernels, streams)) {
            for (int i = 0; i < selections.size(); i++) {
                var selection = selections.get(i);
                String name = name(text.files.get(i), extend);
                long tokens = (long) selection.texts().size() * (protocol.context() - 1);
                try (var progress = new ProgressLine(streams, name, "tokens", tokens)) {
                    var buckets = protocol.measure(loaded.backend(), selection, progress::update);
                    curves.add(new Curve(name, selection.texts().size(), buckets));
                }
            }
        }
    }

    /// What is different between the curves.
    private String name(Path file, @Nullable Extension extend) {
        String name = file.getFileName().toString().replaceFirst("\\..*", "");
        return extend == null ? name : name + " " + LongContext.name(extend);
    }

    private LinkedHashMap<String, Object> report(LossByLength protocol, List<Curve> curves) {
        var r = new LinkedHashMap<String, Object>();
        r.put("model", model.path().toString());
        r.put("context", protocol.context());
        r.put("bucket", protocol.bucket());
        r.put("curves", curves.stream().map(LengthReport::report).toList());
        return r;
    }

    private static LinkedHashMap<String, Object> report(Curve curve) {
        var r = new LinkedHashMap<String, Object>();
        r.put("name", curve.name);
        r.put("documents", curve.documents);
        r.put("from", curve.buckets.stream().map(LossByLength.Bucket::from).toList());
        r.put("to", curve.buckets.stream().map(LossByLength.Bucket::to).toList());
        r.put("tokens", curve.buckets.stream().map(LossByLength.Bucket::tokens).toList());
        r.put("bytes", curve.buckets.stream().map(LossByLength.Bucket::bytes).toList());
        r.put(
                "bits_per_token",
                curve.buckets.stream().map(LossByLength.Bucket::bitsPerToken).toList());
        r.put(
                "bits_per_byte",
                curve.buckets.stream().map(LossByLength.Bucket::bitsPerByte).toList());
        return r;
    }

    /// Markdown, so that it can be pasted.
    private static String table(List<Curve> curves) {
        var out = new StringBuilder("| bits per byte at tokens |");
        for (Curve c : curves)
            out.append(' ').append(c.name).append(" (").append(c.documents).append(" documents) |");
        out.append("\n|---|").append("---:|".repeat(curves.size())).append('\n');
        var first = curves.getFirst().buckets;
        for (int i = 0; i < first.size(); i++) {
            out.append(
                    String.format(
                            Locale.ROOT, "| %,d-%,d |", first.get(i).from(), first.get(i).to()));
            for (Curve c : curves)
                out.append(String.format(Locale.ROOT, " %.3f |", c.buckets.get(i).bitsPerByte()));
            out.append('\n');
        }
        return out.toString();
    }
}
