package chuan.measure;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;

/// `docs/performance.md`, made from the ledger alone: the newest row of each subject, what was
/// wanted beside what was found, and everything needed to measure again.
public final class PerformancePage {
    private static final String BEGINNING =
            """
            # Performance

            This page is written by `chuan bench report` from [`bench/ledger.jsonl`](../bench/ledger.jsonl); it is \
            not edited. Of each measurement the newest row is shown, with the commit it was taken at (a `+`: \
            with changes); the ledger keeps all of them, with every single round.

            `pp512` is a prompt of 512 tokens, read at once; `tg64` generates 64 tokens one after the other; \
            `@ d4096` is measured behind 4,096 other tokens; `x 8` for eight sequences together, tokens of all \
            counted. Numbers are tokens per second: the median of the rounds, and the least and the most. \
            Other programs ran in turns with Chuan on the same file with as many threads; their ratio is ours \
            over theirs, the medians', with the least and the most of single rounds. *Per CPU second* divides \
            by processor time instead of time on the clock: where other work shares the machine (*load* is the \
            number of processes that wanted to run), it says more.

            *Of the limit*: for prompts, multiply-adds with weights a second over what registers alone allow \
            with the same instructions; for generating, bytes of weights, keys and values a second over a \
            streaming read of 1 GiB with all threads. Both limits are measured in the same process, before and \
            after. Models that are "made up" have the shape and the bytes of the real one and random weights.

            ## Measure it yourself

            ```sh
            ./chuan bench --synthetic baichuan-13b --layers 5      # no download, a minute
            bench/cpu.sh 13b-int4.gguf                             # the list below, in a quarter of an hour
            ./chuan bench report                                   # this page again
            ```

            llama.cpp comes from npm (prebuilt for many instruction sets, the best is chosen), ik_llama.cpp from \
            PyPI (AVX2), both in folders of their own:

            ```sh
            npm install --prefix peer node-llama-cpp && export CHUAN_LLAMA_CPP=$PWD/peer
            python3 -m venv peer/ik && peer/ik/bin/pip install ik-llama-cpp-python
            export CHUAN_IK_LLAMA_PYTHON=$PWD/peer/ik/bin/python3
            ./chuan bench --model m-q4_0.gguf --vs llama.cpp --vs ik_llama.cpp
            ```

            Any other program takes part as `--vs NAME=COMMAND` if it answers as `bench/llama_cpp_peer.mjs` does.
            """;

    /// A picture of the page.
    public sealed interface Chart {
        String file();
    }

    /// How many times as fast as others.
    public record Ratios(String file, Map<String, Map<String, Double>> byPeerAndTest)
            implements Chart {}

    /// Tokens per second by tokens before.
    public record Depths(String file, Map<String, Map<Double, Double>> byModelAndDepth)
            implements Chart {}

    private final List<Row> rows;
    private final List<Chart> charts = new ArrayList<>();
    private final StringBuilder text = new StringBuilder(BEGINNING);

    private PerformancePage(List<JsonNode> ledger) {
        var newest = new LinkedHashMap<String, Row>();
        for (JsonNode json : ledger) {
            var row = new Row(json);
            newest.remove(row.subject());
            newest.put(row.subject(), row);
        }
        rows = List.copyOf(newest.values());
    }

    /// The page, and the pictures that it shows.
    public record Made(String text, List<Chart> charts) {}

    /// @param ledger all rows, the oldest first
    public static Made of(List<JsonNode> ledger) {
        var page = new PerformancePage(ledger);
        var machines = new TreeSet<String>();
        for (Row row : page.rows) if (row.isSpeed()) machines.add(row.text("machine"));
        int number = 0;
        for (String machine : machines) page.machine(machine, ++number);
        page.others();
        return new Made(page.text.toString(), List.copyOf(page.charts));
    }

    private void machine(String machine, int number) {
        var own =
                rows.stream()
                        .filter(r -> r.isSpeed() && r.text("machine").equals(machine))
                        .toList();
        line("\n## " + machine + "\n");
        var last = own.getLast();
        line(
                "%s; %.0f GB; huge pages: %s.\n",
                last.text("features"), last.number("memory_gb"), last.text("huge_pages"));
        verdicts(own);
        peers(own.stream().filter(Row::hasPeer).toList(), number);
        speeds(own);
        depths(own, number);
    }

    private void verdicts(List<Row> own) {
        line("### Wanted and found\n");
        line("| wanted | found | |\n|---|---|---|");
        for (var verdict : new Claims(own).verdicts())
            line(
                    "| %s | %s | %s |",
                    verdict.wanted(),
                    verdict.found().isEmpty() ? "not measured" : verdict.found(),
                    verdict.found().isEmpty() ? "" : verdict.reached() ? "reached" : "**missed**");
        line("");
    }

    private void peers(List<Row> own, int number) {
        if (own.isEmpty()) return;
        line("### Beside other programs\n");
        var bars = new LinkedHashMap<String, Map<String, Double>>();
        for (Row row : own)
            bars.computeIfAbsent(peer(row), _ -> new LinkedHashMap<>())
                    .put(test(row), row.number("ratio"));
        String file = "performance-" + number + "-peers.png";
        charts.add(new Ratios(file, bars));
        line("![ratios](images/%s)\n", file);
        line(
                "| model | kernels | test | Chuan | other program | its speed | ratio | per CPU second"
                        + " | rounds | load | commit |\n"
                        + "|---|---|---|---:|---|---:|---:|---:|---:|---:|---|");
        for (Row row : own)
            line(
                    "| %s | %s | %s | %s | %s | %s | **%.2f** (%.2f to %.2f) | %s | %.0f | %.1f | %s |",
                    model(row),
                    row.text("kernels"),
                    row.text("what"),
                    speed(row, ""),
                    peer(row),
                    speed(row, "peer_"),
                    row.number("ratio"),
                    row.spread("ratio_spread")[0],
                    row.spread("ratio_spread")[1],
                    number(row.number("ratio_per_cpu_second"), "%.2f"),
                    row.number("rounds"),
                    row.number("load"),
                    commit(row));
        line("");
    }

    private void speeds(List<Row> own) {
        line("### Speeds and limits\n");
        line(
                "| model | kernels | threads | test | tokens/s | does | limit | of the limit | CPU s |"
                        + " pages skipped | load | commit |\n"
                        + "|---|---|---:|---|---:|---:|---:|---:|---:|---:|---:|---|");
        var seen = new TreeSet<String>();
        for (Row row : own.reversed()) {
            String subject =
                    model(row) + row.text("kernels") + row.text("what") + row.text("window");
            if (!seen.add(subject)) continue;
            String unit = row.text("throughput_unit");
            line(
                    "| %s | %s | %.0f | %s | %s | %s | %s | %s | %s | %s | %.1f | %s |",
                    model(row),
                    row.text("kernels"),
                    row.number("threads"),
                    row.text("what"),
                    speed(row, ""),
                    number(row.number("throughput"), "%.3g " + unit),
                    number(row.number("limit"), "%.3g " + unit),
                    number(100 * row.number("share"), "%.0f %%"),
                    number(row.number("cpu_seconds"), "%.2f"),
                    number(100 * row.number("pages_skipped"), "%.0f %%"),
                    row.number("load"),
                    commit(row));
        }
        line("");
    }

    private void depths(List<Row> own, int number) {
        var curves = new LinkedHashMap<String, Map<Double, Double>>();
        for (Row row : own)
            if (!row.isPrompt() && row.number("batch") == 1)
                curves.computeIfAbsent(
                                model(row)
                                        + ", "
                                        + row.text("kernels")
                                        + (row.text("window").equals("off") ? ", no window" : ""),
                                _ -> new java.util.TreeMap<>())
                        .put(row.number("depth"), row.number("median"));
        curves.values().removeIf(curve -> curve.size() < 2);
        if (curves.isEmpty()) return;
        String file = "performance-" + number + "-depth.png";
        charts.add(new Depths(file, curves));
        line("![generation by depth](images/%s)\n", file);
    }

    /// What is no speed of a model: tokenizer, training.
    private void others() {
        var others = rows.stream().filter(r -> !r.isSpeed()).toList();
        if (others.isEmpty()) return;
        line("\n## Other parts\n");
        line(
                "| what | unit | Chuan | other program | its result | ratio of the numbers | machine |"
                        + " load | commit |\n|---|---|---:|---|---:|---:|---|---:|---|");
        for (Row row : others)
            line(
                    "| %s | %s | %s | %s | %s | %s | %s | %.1f | %s |",
                    row.text("what"),
                    row.text("unit"),
                    speed(row, ""),
                    row.text("peer"),
                    row.has("peer_median") ? speed(row, "peer_") : "",
                    number(row.number("ratio"), "%.2f"),
                    row.text("machine"),
                    row.number("load"),
                    commit(row));
    }

    private static String model(Row row) {
        return row.text("model") + " (" + row.text("format") + ")";
    }

    private static String test(Row row) {
        return row.text("format") + " " + row.text("kernels") + " " + row.text("what");
    }

    /// With the widest of its instruction sets, which tells builds apart.
    private static String peer(Row row) {
        String instructions = row.text("peer_instructions");
        String widest =
                List.of("AMX_INT8", "AVX512_VNNI", "AVX512", "AVX2").stream()
                        .filter(instructions::contains)
                        .findFirst()
                        .orElse("");
        return row.text("peer") + (widest.isEmpty() ? "" : ", " + widest);
    }

    private static String speed(Row row, String prefix) {
        double[] spread = row.spread(prefix + "spread");
        return digits(row.number(prefix + "median"))
                + " ("
                + digits(spread[0])
                + " to "
                + digits(spread[1])
                + ")";
    }

    private static String digits(double value) {
        int behind = value >= 100 ? 0 : value >= 10 ? 1 : 2;
        return String.format(Locale.ROOT, "%,." + behind + "f", value);
    }

    private static String number(double value, String format) {
        return Double.isNaN(value) ? "" : String.format(Locale.ROOT, format, value);
    }

    private static String commit(Row row) {
        return row.text("commit") + ", " + row.text("date");
    }

    private void line(String format, Object... values) {
        text.append(values.length == 0 ? format : String.format(Locale.ROOT, format, values))
                .append('\n');
    }
}
