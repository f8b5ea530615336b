package chuan.corpus;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import tools.jackson.databind.node.ObjectNode;

/// The recipe, from raw documents to clean ones:
///
/// 1. [Normalize]: one spelling for each character
/// 2. [Clean]: markup out, prose stays
/// 3. [Boilerplate]: lines that the documents of a source share go
/// 4. [Language]: the claimed language, simplified characters
/// 5. [Quality]: prose rather than code, tables and scraps
/// 6. [Deduplicate]: equal and nearly equal documents once; [HoldOut] documents are served first
/// 7. [RepeatedParagraphs]: long paragraphs once
/// 8. [Mix]: a weighted sample for the tokenizer
///
/// (a `verbatim` corpus passes through 6 and 8 alone), then [Pack] makes token shards. Equal
/// configuration and input give equal bytes, whatever the number of threads. Written below the
/// output folder, each file complete or not at all: `clean/*.jsonl.gz`,
/// `heldout/{zh,en}.{jsonl.gz,txt}`, `heldout/raw-{zh,en}.txt`, `tokenizer-sample.jsonl.gz`,
/// `report.{json,txt}`.
public final class Pipeline {
    private static final String TOO_LITTLE_LEFT = "only repeated paragraphs";

    private final CorpusConfig config;
    private final PrintStream progress;
    private final HoldOut holdOut;
    private final CorpusReport report = new CorpusReport();

    private Pipeline(CorpusConfig config, PrintStream progress) {
        this.config = config;
        this.progress = progress;
        this.holdOut = new HoldOut(config.heldOut());
    }

    /// Cleans everything that the configuration names; progress lines go to `progress`.
    public static CorpusReport clean(CorpusConfig config, PrintStream progress) {
        return new Pipeline(config, progress).clean();
    }

    private CorpusReport clean() {
        Path work = config.output();
        try (DocumentStore store = new DocumentStore(work.resolve("documents.part"))) {
            filterAll(store);
            int[] order = heldOutFirst(store);
            boolean[] kept = deduplicate(store, order);
            try (DocumentStore unique = new DocumentStore(work.resolve("unique.part"))) {
                withoutRepeatedParagraphs(store, order, kept, unique);
                int[] bySource = inSourceOrder(unique);
                writeClean(unique, bySource);
                writeHeldOut(unique, bySource);
                writeSample(unique);
            }
        }
        writeReport(report, config);
        return report;
    }

    static void writeReport(CorpusReport report, CorpusConfig config) {
        AtomicFile.write(config.output().resolve("report.json"), report.json());
        AtomicFile.write(config.output().resolve("report.txt"), report.table());
    }

    // Stages 1 to 5, one source after the other.

    private void filterAll(DocumentStore store) {
        double total = config.sources().stream().mapToLong(Source::bytes).sum() / 1e6;
        var line = new Progress(progress, "clean", "MB", 2 * total);
        try (var rawZh = new AtomicFile(config.output().resolve("heldout/raw-zh.txt"));
                var rawEn = new AtomicFile(config.output().resolve("heldout/raw-en.txt"))) {
            for (Source source : config.sources()) {
                Boilerplate boilerplate = census(source, line);
                AtomicFile raw = source.lang().equals("zh") ? rawZh : rawEn;
                filter(source, boilerplate, raw, store, line);
            }
            rawZh.commit();
            rawEn.commit();
        }
        line.finish();
    }

    private Boilerplate census(Source source, Progress line) {
        var boilerplate = new Boilerplate();
        if (config.verbatim() || !source.rules().markup() || source.rules().lists()) {
            line.advance(source.bytes() / 1e6, source.key());
            return boilerplate;
        }
        try (var documents = source.documents()) {
            Parallel.ordered(
                    documents,
                    config.threads(),
                    document -> prose(document, source),
                    document -> {
                        boilerplate.count(document.text());
                        line.advance(document.text().length() / 1e6, source.key());
                    });
        }
        return boilerplate.settled();
    }

    private static Document prose(Document document, Source source) {
        return document.withText(Clean.text(Normalize.text(document.text()), source.rules()));
    }

    private record Judged(Document raw, Document clean, Optional<String> fault) {}

    private void filter(
            Source source,
            Boilerplate boilerplate,
            AtomicFile raw,
            DocumentStore store,
            Progress line) {
        CorpusReport.Row row = report.row(source);
        try (var documents = source.documents()) {
            Parallel.ordered(
                    documents,
                    config.threads(),
                    document ->
                            config.verbatim()
                                    ? asItCame(document)
                                    : judge(document, source, boilerplate),
                    judged -> {
                        long bytes = Utf8.length(judged.raw().text());
                        row.documentsIn++;
                        row.bytesIn += bytes;
                        if (holdOut.takes(judged.raw().id())) {
                            raw.append(judged.raw().text().strip() + "\n\n");
                        }
                        judged.fault()
                                .ifPresentOrElse(
                                        row::drop, () -> store.add(source, judged.clean()));
                        line.advance(bytes / 1e6, source.key());
                    });
        }
    }

    private static Judged asItCame(Document document) {
        Optional<String> fault =
                document.text().isBlank() ? Optional.of("empty") : Optional.empty();
        return new Judged(document, document, fault);
    }

    private static Judged judge(Document raw, Source source, Boilerplate boilerplate) {
        Document prose = prose(raw, source);
        Document stripped = prose.withText(boilerplate.strip(prose.text()));
        Document clean = stripped.withText(Language.keepLines(stripped, source.rules()));
        Optional<String> fault =
                Quality.fault(clean, source.rules())
                        .or(() ->
                                Language.matches(clean, source.rules())
                                        ? Optional.empty()
                                        : Optional.of("other language"));
        return new Judged(raw, clean, fault);
    }

    // Stages 6 and 7, over all sources.

    private int[] heldOutFirst(DocumentStore store) {
        return IntStream.concat(
                        IntStream.range(0, store.size()).filter(i -> holdOut.takes(store.id(i))),
                        IntStream.range(0, store.size()).filter(i -> !holdOut.takes(store.id(i))))
                .toArray();
    }

    private boolean[] deduplicate(DocumentStore store, int[] order) {
        boolean[] kept = new boolean[store.size()];
        var line = new Progress(progress, "deduplicate", "docs", store.size());
        new Deduplicate(store, config.nearDuplicate(), config.threads())
                .run(
                        order,
                        (document, fault) -> {
                            fault.ifPresentOrElse(
                                    report.row(store.source(document))::drop,
                                    () -> kept[document] = true);
                            line.advance(1, store.source(document).key());
                        });
        line.finish();
        return kept;
    }

    private void withoutRepeatedParagraphs(
            DocumentStore store, int[] order, boolean[] kept, DocumentStore unique) {
        var paragraphs = new RepeatedParagraphs();
        for (int index : order) {
            if (!kept[index]) {
                continue;
            }
            Document document = store.get(index);
            Document stripped =
                    config.verbatim()
                            ? document
                            : document.withText(paragraphs.strip(document.text()));
            Source source = store.source(index);
            if (!stripped.text().equals(document.text())
                    && stripped.text().length() < Math.max(120, document.text().length() / 3)) {
                report.row(source).drop(TOO_LITTLE_LEFT);
            } else {
                unique.add(source, stripped);
            }
        }
    }

    private int[] inSourceOrder(DocumentStore unique) {
        List<Integer> order = new ArrayList<>();
        for (Source source : config.sources()) {
            for (int i = 0; i < unique.size(); i++) {
                if (unique.source(i).equals(source)) {
                    order.add(i);
                }
            }
        }
        return order.stream().mapToInt(Integer::intValue).toArray();
    }

    // What is written.

    private void writeClean(DocumentStore unique, int[] order) {
        for (Source source : config.sources()) {
            CorpusReport.Row row = report.row(source);
            try (var file = new AtomicFile(cleanFile(config, source))) {
                for (int index : order) {
                    if (unique.source(index).equals(source) && !holdOut.takes(unique.id(index))) {
                        Document document = unique.get(index);
                        file.append(jsonLine(document));
                        row.documentsTrain++;
                        row.bytesTrain += Utf8.length(document.text());
                    }
                }
                file.commit();
            }
        }
    }

    static Path cleanFile(CorpusConfig config, Source source) {
        return config.output()
                .resolve("clean/" + source.lang() + "-" + source.name() + ".jsonl.gz");
    }

    static Path heldOutFile(CorpusConfig config, String lang) {
        return config.output().resolve("heldout/" + lang + ".jsonl.gz");
    }

    private void writeHeldOut(DocumentStore unique, int[] order) {
        for (String lang : List.of("zh", "en")) {
            try (var lines = new AtomicFile(heldOutFile(config, lang));
                    var text =
                            new AtomicFile(config.output().resolve("heldout/" + lang + ".txt"))) {
                for (int index : order) {
                    if (unique.source(index).lang().equals(lang)
                            && holdOut.takes(unique.id(index))) {
                        Document document = unique.get(index);
                        lines.append(jsonLine(document));
                        text.append(document.text() + "\n\n");
                        CorpusReport.Row row = report.row(unique.source(index));
                        row.documentsHeldOut++;
                        row.bytesHeldOut += Utf8.length(document.text());
                    }
                }
                lines.commit();
                text.commit();
            }
        }
    }

    private void writeSample(DocumentStore unique) {
        List<Mix.Item> items = new ArrayList<>();
        for (int i = 0; i < unique.size(); i++) {
            if (!holdOut.takes(unique.id(i))) {
                Source source = unique.source(i);
                long bytes = Utf8.length(unique.get(i).text());
                items.add(new Mix.Item(i, source.lang(), unique.id(i), bytes, source.weight()));
            }
        }
        Path target = config.output().resolve("tokenizer-sample.jsonl.gz");
        try (var file = new AtomicFile(target)) {
            for (String lang : List.of("zh", "en")) {
                Mix.sample(
                        items,
                        lang,
                        config.sampleBytes(),
                        index -> file.append(jsonLine(unique.get(index))));
            }
            file.commit();
        }
    }

    private static String jsonLine(Document document) {
        ObjectNode node = JsonLines.JSON.createObjectNode();
        node.put("text", document.text());
        node.put("lang", document.lang());
        node.put("source", document.source());
        node.put("license", document.license());
        node.put("id", document.id());
        if (!document.attribution().isEmpty()) {
            node.put("attribution", document.attribution());
        }
        return node + "\n";
    }
}
