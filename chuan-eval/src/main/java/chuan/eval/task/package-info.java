/// Benchmarks: task files, the sets they read, and the questions they make of them.
///
/// A [TaskFile] is YAML that says where a set is, how its files are read, what its subjects are and
/// how its protocols ask. [Tasks] opens one for an examination. Everything that is wrong with a
/// task file or a set is a [TaskException] with file, place and remedy, before any model is asked.
@NullMarked
package chuan.eval.task;

import org.jspecify.annotations.NullMarked;
