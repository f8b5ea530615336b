package chuan.eval.report;

import chuan.eval.Examination.Paper;
import chuan.eval.Grouping;
import chuan.eval.Result;
import chuan.eval.report.PaperFigures.Mean;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// One task answered by two: what is different, question by question.
///
/// @param columns of its table
/// @param changed questions whose answers or credits differ, in the order of the first run
/// @param same how many questions got the same answer and the same credit
public record PairedFigures(
        Paper first, Paper second, List<Column> columns, List<Change> changed, long same) {

    public PairedFigures {
        columns = List.copyOf(columns);
        changed = List.copyOf(changed);
    }

    /// @param first mean credit in the first run, averaged as the published figures are
    /// @param difference the second run's minus the first's, averaged likewise, with an interval by
    ///   the bootstrap over pairs
    /// @param test over the questions of the column; right is full credit
    /// @param adjusted the test's mid-p, by Holm's method over all columns that were asked
    public record Column(
            String name,
            double first,
            double second,
            Mean difference,
            McNemar test,
            double adjusted) {}

    public record Change(Result first, Result second) {}

    /// @throws IncomparableException if the two were not asked the same
    public static PairedFigures of(Paper first, Paper second, Bootstrap bootstrap) {
        var pairs = pairs(first, second);
        var changed = new ArrayList<Change>();
        for (Change pair : pairs) if (differs(pair)) changed.add(pair);
        return new PairedFigures(
                first,
                second,
                columns(first, pairs, bootstrap),
                changed,
                pairs.size() - changed.size());
    }

    private static boolean differs(Change pair) {
        return !pair.first().verdict().choice().equals(pair.second().verdict().choice())
                || pair.first().verdict().credit() != pair.second().verdict().credit();
    }

    /// Where a question stands.
    private record Place(String subject, int index) {
        static Place of(Result result) {
            return new Place(result.subject(), result.index());
        }

        @Override
        public String toString() {
            return subject + " " + index;
        }
    }

    private static List<Change> pairs(Paper first, Paper second) {
        var others = new HashMap<Place, Result>();
        for (Result result : second.results()) others.put(Place.of(result), result);
        requireSamePlaces(first, others);
        var pairs = new ArrayList<Change>();
        var asked = new ArrayList<Place>();
        var keyed = new ArrayList<Place>();
        for (Result result : first.results()) {
            Result other = Objects.requireNonNull(others.get(Place.of(result)));
            if (!result.promptHash().equals(other.promptHash())) asked.add(Place.of(result));
            else if (!result.key().equals(other.key())) keyed.add(Place.of(result));
            pairs.add(new Change(result, other));
        }
        refuse(first, asked, pairs.size(), "were asked in other words (the prompts differ)");
        refuse(first, keyed, pairs.size(), "have another key");
        return pairs;
    }

    private static void requireSamePlaces(Paper first, Map<Place, Result> others) {
        var missing = new ArrayList<Place>();
        var known = new HashSet<Place>();
        for (Result result : first.results()) {
            known.add(Place.of(result));
            if (!others.containsKey(Place.of(result))) missing.add(Place.of(result));
        }
        refuse(first, missing, known.size(), "are in the first run only");
        var more = others.keySet().stream().filter(place -> !known.contains(place)).toList();
        refuse(first, more, others.size(), "are in the second run only");
    }

    private static void refuse(Paper paper, List<Place> places, int of, String what) {
        if (places.isEmpty()) return;
        throw new IncomparableException(
                "%s: the runs did not ask the same: %,d of %,d questions %s, such as %s"
                        .formatted(paper.task(), places.size(), of, what, places.getFirst()));
    }

    private static List<Column> columns(Paper paper, List<Change> pairs, Bootstrap bootstrap) {
        boolean macro = paper.grouping().official() == Grouping.Average.MACRO;
        var firsts = strata(pairs, pair -> pair.first().verdict().credit(), true);
        var seconds = strata(pairs, pair -> pair.second().verdict().credit(), true);
        var differences =
                strata(
                        pairs,
                        pair -> pair.second().verdict().credit() - pair.first().verdict().credit(),
                        false);
        var table = PaperFigures.tableColumns(paper);
        var groups = differences.groups(table);
        var macros = macro ? differences.macro(groups, bootstrap) : List.<Mean>of();
        var columns = new ArrayList<Column>();
        for (int i = 0; i < groups.size(); i++) {
            var group = groups.get(i);
            columns.add(
                    new Column(
                            group.name(),
                            firsts.mean(group, macro),
                            seconds.mean(group, macro),
                            macro ? macros.get(i) : differences.micro(group, bootstrap),
                            test(table.get(i), pairs),
                            Double.NaN));
        }
        return adjusted(columns);
    }

    private static List<Column> adjusted(List<Column> columns) {
        var asked = columns.stream().filter(c -> c.difference().questions() > 0).toList();
        double[] adjusted = Holm.adjust(asked.stream().mapToDouble(c -> c.test().mid()).toArray());
        return columns.stream()
                .map(c ->
                        new Column(
                                c.name(),
                                c.first(),
                                c.second(),
                                c.difference(),
                                c.test(),
                                asked.contains(c) ? adjusted[asked.indexOf(c)] : Double.NaN))
                .toList();
    }

    private interface Value {
        double of(Change pair);
    }

    private static Strata strata(List<Change> pairs, Value value, boolean credits) {
        var lists = new LinkedHashMap<String, List<Double>>();
        for (Change pair : pairs)
            lists.computeIfAbsent(pair.first().subject(), _ -> new ArrayList<>())
                    .add(value.of(pair));
        var values = new LinkedHashMap<String, double[]>();
        lists.forEach((subject, list) ->
                values.put(subject, list.stream().mapToDouble(one -> one).toArray()));
        return new Strata(values, credits);
    }

    private static McNemar test(Grouping.Column column, List<Change> pairs) {
        long onlyFirst = 0;
        long onlySecond = 0;
        for (Change pair : pairs) {
            if (!column.subjects().contains(pair.first().subject())) continue;
            boolean first = pair.first().verdict().credit() == 1;
            boolean second = pair.second().verdict().credit() == 1;
            if (first && !second) onlyFirst++;
            if (second && !first) onlySecond++;
        }
        return new McNemar(onlyFirst, onlySecond);
    }
}
