package chuan.measure;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Predicate;

/// What Chuan sets out to reach on a processor, held against the newest rows of a machine. What is
/// missed is said as plainly as what is reached.
final class Claims {
    private static final int LONG_PROMPT = 256;
    private static final int LONG_DEPTH = 4096;
    private static final int VERY_LONG_PROMPT = 32_768;

    /// @param wanted in words
    /// @param found in words; empty if nothing was measured
    /// @param reached whether that is enough
    record Verdict(String wanted, String found, boolean reached) {}

    private final List<Row> rows;

    /// @param rows of one machine, the newest of each subject
    Claims(List<Row> rows) {
        this.rows = rows;
    }

    List<Verdict> verdicts() {
        var verdicts = new ArrayList<Verdict>();
        for (boolean four : new boolean[] {true, false}) {
            String bits = four ? "4 bits" : "8 bits";
            Predicate<Row> format = four ? Row::fourBits : Row::eightBits;
            Predicate<Row> avx2 = format.and(r -> r.text("kernels").equals("avx2"));
            Predicate<Row> alike = avx2.and(r -> !r.text("peer_instructions").contains("AVX512"));
            Predicate<Row> best =
                    format.and(r -> !r.text("kernels").equals("avx2"))
                            .and(r -> r.text("kernels").matches("avx.*|amx"));
            verdicts.add(
                    ratio(
                            bits + ", AVX2: prompts 1.5 times as fast as the best other program",
                            alike.and(Claims::isLongPrompt),
                            1.5));
            verdicts.add(
                    ratio(
                            bits + ", AVX2: prompts twice as fast as llama.cpp",
                            alike.and(Claims::isLongPrompt)
                                    .and(r -> r.peerName().equals("llama.cpp")),
                            2));
            verdicts.add(
                    share(
                            bits + ", AVX2, 13B: prompts at half the limit of the multipliers",
                            avx2.and(Claims::isLongPrompt).and(Claims::isWhole),
                            0.5));
            verdicts.add(
                    ratio(
                            bits + ", AVX2: generating 1.1 times as fast as the best other program",
                            alike.and(Claims::isShortGeneration),
                            1.1));
            verdicts.add(
                    share(
                            bits + ", 13B: generating at 85 % of the streaming read",
                            format.and(Claims::isShortGeneration).and(Claims::isWhole),
                            0.85));
            verdicts.add(
                    ratio(
                            bits
                                    + ", VNNI or AMX: prompts 1.3 times as fast as the best other"
                                    + " program",
                            best.and(Claims::isLongPrompt),
                            1.3));
        }
        verdicts.add(keysAndValues());
        verdicts.add(windows());
        verdicts.add(longPrompt());
        verdicts.add(batch());
        return verdicts;
    }

    private static boolean isLongPrompt(Row row) {
        return row.number("prompt") >= LONG_PROMPT && row.number("depth") == 0;
    }

    private static boolean isShortGeneration(Row row) {
        return row.number("generate") > 0 && row.number("depth") == 0 && row.number("batch") == 1;
    }

    private static boolean isWhole(Row row) {
        return row.text("model").toLowerCase(Locale.ROOT).contains("13b")
                && !row.text("model").contains("layers");
    }

    /// The best other program is the one with the least ratio.
    private Verdict ratio(String wanted, Predicate<Row> which, double least) {
        var worst =
                rows.stream()
                        .filter(Row::hasPeer)
                        .filter(which)
                        .min(Comparator.comparingDouble(r -> r.number("ratio")));
        return worst.map(r ->
                        verdict(
                                wanted,
                                "%.2f (%s, %s against %s)",
                                r.number("ratio") >= least,
                                r.number("ratio"),
                                r.text("model"),
                                r.text("kernels"),
                                r.peerName()))
                .orElse(new Verdict(wanted, "", false));
    }

    private Verdict share(String wanted, Predicate<Row> which, double least) {
        var best =
                rows.stream()
                        .filter(which.and(r -> r.has("share")))
                        .max(Comparator.comparingDouble(r -> r.number("share")));
        return best.map(r ->
                        verdict(
                                wanted,
                                "%.0f %% (%s, %s)",
                                r.number("share") >= least,
                                100 * r.number("share"),
                                r.text("model"),
                                r.text("kernels")))
                .orElse(new Verdict(wanted, "", false));
    }

    /// Time of a token at depth 4,096 less that at depth 0, beside the time that reading the keys
    /// and values would take.
    private Verdict keysAndValues() {
        String wanted = "keys and values of 4,096 tokens cost their bytes and 15 % more";
        for (Row deep : rows) {
            if (!isDeepGeneration(deep) || deep.text("window").equals("auto")) continue;
            var shallow = sameRun(deep, r -> isShortGeneration(r));
            if (shallow.isEmpty() || !deep.has("limit")) continue;
            double extra = 1 / deep.number("median") - 1 / shallow.get().number("median");
            double bytes = deep.number("kv_bytes_per_token") * LONG_DEPTH;
            double cost = extra * deep.number("limit") * 1e9 / bytes;
            return verdict(
                    wanted,
                    "%+.0f %% (%s, %s)",
                    cost <= 1.15,
                    100 * (cost - 1),
                    deep.text("model"),
                    deep.text("kernels"));
        }
        return new Verdict(wanted, "", false);
    }

    private static boolean isDeepGeneration(Row row) {
        return row.number("depth") == LONG_DEPTH && row.number("generate") > 0;
    }

    /// With and without.
    private Verdict windows() {
        String wanted = "ALiBi's windows make a token behind 4,096 others cheaper";
        for (Row with : rows) {
            if (!isDeepGeneration(with) || !with.text("window").equals("auto")) continue;
            for (Row without : rows) {
                boolean alike =
                        without.text("window").equals("off")
                                && isDeepGeneration(without)
                                && without.text("model").equals(with.text("model"))
                                && without.text("kernels").equals(with.text("kernels"));
                if (!alike) continue;
                double times = with.number("median") / without.number("median");
                return verdict(
                        wanted,
                        "%.0f %% of the pages left out, %.2f times the tokens (%s, %s)",
                        times > 1,
                        100 * with.number("pages_skipped"),
                        times,
                        with.text("model"),
                        with.text("kernels"));
            }
        }
        return new Verdict(wanted, "", false);
    }

    /// Against a prompt of 512 tokens, whose time is nearly all matrix products.
    private Verdict longPrompt() {
        String wanted =
                "a prompt of 32,768 tokens takes at most twice the time of its matrix products";
        for (Row deep : rows) {
            if (deep.number("prompt") != VERY_LONG_PROMPT) continue;
            var shallow = sameRun(deep, r -> r.number("prompt") == 512 && r.number("depth") == 0);
            if (shallow.isEmpty()) continue;
            double times = shallow.get().number("median") / deep.number("median");
            return verdict(
                    wanted,
                    "%.2f times (%s, %s)",
                    times <= 2,
                    times,
                    deep.text("model"),
                    deep.text("kernels"));
        }
        return new Verdict(wanted, "", false);
    }

    private Verdict batch() {
        String wanted = "eight sequences generate four times as many tokens as one";
        var best = OptionalDouble.empty();
        String where = "";
        for (Row eight : rows) {
            if (eight.number("batch") != 8 || eight.number("depth") != 0) continue;
            var one = sameRun(eight, Claims::isShortGeneration);
            if (one.isEmpty()) continue;
            double times = eight.number("median") / one.get().number("median");
            if (best.isPresent() && best.getAsDouble() >= times) continue;
            best = OptionalDouble.of(times);
            where = eight.text("model") + ", " + eight.text("kernels");
        }
        return best.isEmpty()
                ? new Verdict(wanted, "", false)
                : verdict(
                        wanted,
                        "%.2f times (%s)",
                        best.getAsDouble() >= 4,
                        best.getAsDouble(),
                        where);
    }

    private Optional<Row> sameRun(Row row, Predicate<Row> which) {
        return rows.stream()
                .filter(r -> r.text("run").equals(row.text("run")))
                .filter(r -> r.text("model").equals(row.text("model")))
                .filter(which)
                .findFirst();
    }

    private static Verdict verdict(
            String wanted, String format, boolean reached, Object... values) {
        return new Verdict(wanted, String.format(Locale.ROOT, format, values), reached);
    }
}
