package chuan.eval;

import java.util.List;

/// How the subjects of a task are averaged: the columns of its published table, from left to right.
/// Groups may overlap.
///
/// @param columns each with a name as published and the subjects it averages
/// @param official how the published figures were averaged
public record Grouping(List<Column> columns, Average official) {
    public enum Average {
        /// Over all questions.
        MICRO,
        /// Over the averages of the subjects.
        MACRO
    }

    public record Column(String name, List<String> subjects) {
        public Column {
            subjects = List.copyOf(subjects);
        }
    }

    public Grouping {
        columns = List.copyOf(columns);
    }
}
