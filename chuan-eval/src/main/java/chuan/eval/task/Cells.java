package chuan.eval.task;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/// How the cells of a CSV file become text. Some published scripts read with pandas and print what
/// it made of the cells: in a column where every cell looks like a number, `0.50` comes out as
/// `0.5` and `1` as `1.0`, and a word that pandas takes for a missing value comes out as `nan`.
/// This is the part of it that has been seen to change questions (pandas 1.5.3 and 2.0.3).
enum Cells {
    /// As they stand in the file.
    PLAIN,
    /// As pandas before version 2 prints them.
    PANDAS,
    /// As pandas from version 2 on prints them, for which `None` is missing, too.
    PANDAS_2;

    private static final Set<String> MISSING =
            Set.of(
                    "",
                    "#N/A",
                    "#N/A N/A",
                    "#NA",
                    "-1.#IND",
                    "-1.#QNAN",
                    "-NaN",
                    "-nan",
                    "1.#IND",
                    "1.#QNAN",
                    "<NA>",
                    "N/A",
                    "NA",
                    "NULL",
                    "NaN",
                    "n/a",
                    "nan",
                    "null");
    private static final Pattern WHOLE = Pattern.compile("\\s*[+-]?[0-9]{1,18}\\s*");
    private static final Pattern NUMBER =
            Pattern.compile("\\s*[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?\\s*");

    private boolean missing(String cell) {
        return MISSING.contains(cell) || (this == PANDAS_2 && cell.equals("None"));
    }

    /// The cells of one column as they are printed.
    List<String> printed(List<String> column) {
        if (this == PLAIN) return column;
        boolean gaps = false;
        boolean whole = true;
        boolean numbers = true;
        for (String cell : column) {
            if (missing(cell)) gaps = true;
            else {
                whole &= WHOLE.matcher(cell).matches();
                numbers &= NUMBER.matcher(cell).matches();
            }
        }
        var printed = new ArrayList<String>(column.size());
        for (String cell : column) {
            if (missing(cell)) printed.add("nan");
            else if (whole && !gaps) printed.add(Long.toString(Long.parseLong(cell.strip())));
            else if (numbers) printed.add(PythonText.repr(Double.parseDouble(cell.strip())));
            else printed.add(cell);
        }
        return printed;
    }
}
