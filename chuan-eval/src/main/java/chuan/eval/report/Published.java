package chuan.eval.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/// A table that somebody else published, to stand beside a measured one.
///
/// @param source where it stands, for people
/// @param shots examples in each prompt
/// @param rows by the name of the model: percent, in the order of the columns; absent where nothing
///   was published
public record Published(
        String task,
        String source,
        String url,
        int shots,
        List<String> columns,
        Map<String, List<OptionalDouble>> rows) {

    private static final List<Published> ALL = load();

    /// Those for a task, in the order of their age.
    public static List<Published> of(String task) {
        return ALL.stream().filter(table -> table.task().equals(task)).toList();
    }

    /// The value in a column of this name, whatever the publisher calls it.
    public OptionalDouble value(String model, String column) {
        var row = Objects.requireNonNull(rows.get(model));
        for (int i = 0; i < columns.size(); i++)
            if (sameColumn(columns.get(i), column)) return row.get(i);
        return OptionalDouble.empty();
    }

    /// Whether two names of columns mean the same: `Social`, `Social Science`, `social sciences`;
    /// `Avg.`, `Average`, `All`.
    static boolean sameColumn(String one, String other) {
        return canonical(one).equals(canonical(other));
    }

    private static String canonical(String name) {
        String letters = name.toLowerCase(Locale.ROOT).replaceAll("[^a-z]", "");
        if (letters.startsWith("soc")) return "social";
        if (letters.startsWith("hum")) return "humanities";
        if (letters.startsWith("other")) return "other";
        if (letters.startsWith("china")) return "china";
        if (letters.endsWith("hard")) return "hard";
        return switch (letters) {
            case "avg", "average", "all", "total", "overall", "mean" -> "average";
            default -> letters;
        };
    }

    private static List<Published> load() {
        try (InputStream in = Published.class.getResourceAsStream("published.yaml")) {
            var tables = new ArrayList<Published>();
            for (JsonNode table : YAMLMapper.builder().build().readTree(Objects.requireNonNull(in)))
                tables.add(read(table));
            return List.copyOf(tables);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Published read(JsonNode table) {
        var columns = new ArrayList<String>();
        for (JsonNode name : table.required("columns")) columns.add(name.stringValue());
        var rows = new LinkedHashMap<String, List<OptionalDouble>>();
        table.required("rows")
                .forEachEntry((model, values) -> {
                    var row = new ArrayList<OptionalDouble>();
                    for (JsonNode value : values)
                        row.add(
                                value.isNumber()
                                        ? OptionalDouble.of(value.doubleValue())
                                        : OptionalDouble.empty());
                    if (row.size() != columns.size())
                        throw new IllegalStateException("published.yaml: " + model);
                    rows.put(model, row);
                });
        return new Published(
                table.required("task").stringValue(),
                table.required("source").stringValue(),
                table.required("url").stringValue(),
                table.required("shots").intValue(),
                columns,
                rows);
    }
}
