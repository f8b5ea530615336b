package chuan.eval.task;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Questions from a CSV file.
final class CsvSet {
    private final Path file;
    private final Columns columns;
    private final List<String> header;
    private final List<CsvRecord> records;

    private CsvSet(Path file, String text, Columns columns) {
        this.file = file;
        this.columns = columns;
        var all = records(file, text);
        if (all.isEmpty()) throw new TaskException(file + ": is empty; copy or fetch it again");
        var first = all.getFirst().getFields();
        boolean named = columns.order().isEmpty() || holdsNames(first);
        this.header = named ? first : columns.order();
        this.records = named ? all.subList(1, all.size()) : all;
    }

    static List<Item> items(Path file, String text, Columns columns, Cells cells, boolean keys) {
        return new CsvSet(file, text, columns).items(cells, keys);
    }

    /// The cells of one column of a file with a header.
    static List<String> column(Path file, String text, String name) {
        var records = records(file, text);
        int at = records.isEmpty() ? -1 : records.getFirst().getFields().indexOf(name);
        if (at < 0)
            throw new TaskException(
                    file + ": line 1: there is no column " + name + "; copy or fetch it again");
        var cells = new ArrayList<String>();
        for (var record : records.subList(1, records.size()))
            cells.add(at < record.getFieldCount() ? record.getField(at) : "");
        return cells;
    }

    private static List<CsvRecord> records(Path file, String text) {
        var builder =
                CsvReader.builder()
                        .extraFieldStrategy(FieldMismatchStrategy.IGNORE)
                        .missingFieldStrategy(FieldMismatchStrategy.IGNORE)
                        .allowUnclosedQuote(false);
        var records = new ArrayList<CsvRecord>();
        try (var reader = builder.ofCsvRecord(text)) {
            reader.forEach(records::add);
        } catch (CsvParseException e) {
            long line = records.isEmpty() ? 1 : records.getLast().getStartingLineNumber();
            throw new TaskException(
                    file
                            + ": behind line "
                            + line
                            + ": "
                            + reason(e)
                            + "; look for a quotation mark that is not closed or not doubled");
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        return records;
    }

    private static String reason(CsvParseException e) {
        Throwable deepest = e;
        while (deepest.getCause() != null) deepest = deepest.getCause();
        return String.valueOf(deepest.getMessage());
    }

    /// Whether the first row is a header: it has at least two of the names that are looked for.
    private boolean holdsNames(List<String> first) {
        int known = 0;
        for (String wanted : columns.wanted())
            for (String name : Columns.names(wanted)) if (first.contains(name)) known++;
        return known >= 2;
    }

    private List<Item> items(Cells cells, boolean keys) {
        for (var record : records) checkWidth(record);
        var question = column(columns.question(), cells);
        var options = new ArrayList<List<String>>();
        for (String name : columns.options()) options.add(column(name, cells));
        var answers = answers(keys);
        Map<String, List<String>> more = new HashMap<>();
        columns.more()
                .forEach((name, names) -> {
                    int at = index(names);
                    if (at >= 0) more.put(name, column(at, cells));
                });
        var items = new ArrayList<Item>(records.size());
        for (int row = 0; row < records.size(); row++) {
            String place = place(row);
            var texts = new ArrayList<String>();
            for (var option : options) texts.add(option.get(row));
            String answer = answers == null ? "" : answers.get(row);
            var key =
                    keys || !answer.isBlank()
                            ? Key.of(
                                    columns,
                                    Math.max(texts.size(), columns.choices()),
                                    answer,
                                    place)
                            : List.<String>of();
            int at = row;
            var cellsOfRow = new HashMap<String, String>();
            more.forEach((name, column) -> cellsOfRow.put(name, column.get(at)));
            items.add(new Item(row, place, question.get(row), texts, key, answer, cellsOfRow));
        }
        return items;
    }

    private String place(int row) {
        return file + ": line " + records.get(row).getStartingLineNumber();
    }

    private void checkWidth(CsvRecord record) {
        if (record.getFieldCount() != header.size())
            throw new TaskException(
                    file
                            + ": line "
                            + record.getStartingLineNumber()
                            + ": has "
                            + record.getFieldCount()
                            + " cells, but there are "
                            + header.size()
                            + " columns; look for a comma or a quotation mark out of place");
    }

    private int index(String alternatives) {
        for (String name : Columns.names(alternatives)) {
            int at = header.indexOf(name);
            if (at >= 0) return at;
        }
        return -1;
    }

    private List<String> column(String alternatives, Cells cells) {
        int at = index(alternatives);
        if (at < 0) throw missing(alternatives);
        return column(at, cells);
    }

    private List<String> column(int at, Cells cells) {
        var column = new ArrayList<String>(records.size());
        for (var record : records) column.add(record.getField(at));
        return cells.printed(column);
    }

    /// Never changed by [Cells]: nobody prints `nan` for an answer.
    private @Nullable List<String> answers(boolean keys) {
        int at = index(columns.answer());
        if (at >= 0) return column(at, Cells.PLAIN);
        if (keys) throw missing(columns.answer());
        return null;
    }

    private TaskException missing(String alternatives) {
        return new TaskException(
                file
                        + ": line 1: there is no column "
                        + String.join(" or ", Columns.names(alternatives))
                        + "; the columns are "
                        + Columns.shown(header)
                        + "; name them as the set has them, or fetch the set again");
    }
}
