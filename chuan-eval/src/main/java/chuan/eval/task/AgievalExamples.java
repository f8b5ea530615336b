package chuan.eval.task;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;

/// The examples of AGIEval, `few_shot_prompts.csv`: a column for each set, in which rows with an
/// example, a dictionary as Python prints it, and rows with its explanation take turns; where a set
/// has fewer examples than another, cells are empty. A subject may name another's column
/// (`examples-of`) and leave out the passage (`examples-without: passage`).
final class AgievalExamples {
    private AgievalExamples() {}

    static List<Item> items(Path file, String text, Columns columns, TaskFile.Subject subject) {
        String column = subject.more().getOrDefault("examples-of", subject.name());
        var cells = CsvSet.column(file, text, column);
        var items = new ArrayList<Item>();
        for (int row = 0; row + 1 < cells.size(); row += 2) {
            if (cells.get(row).isBlank()) continue;
            String place = file + ": column " + column + ", example " + (row / 2 + 1);
            var node = PythonLiteral.parse(place, cells.get(row));
            var item = JsonSet.item(items.size(), place, node, columns, true);
            var more = new HashMap<>(item.more());
            more.put("explanation", cells.get(row + 1).replace("\n\n", "\n"));
            more.remove(subject.more().getOrDefault("examples-without", ""));
            items.add(
                    new Item(
                            item.row(),
                            place,
                            item.question(),
                            item.options(),
                            item.key(),
                            item.answer(),
                            more));
        }
        return items;
    }
}
