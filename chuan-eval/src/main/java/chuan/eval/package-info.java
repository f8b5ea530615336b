/// Examinations of a language model: from the files of a benchmark to a number that somebody else
/// can check.
///
/// A [Task] turns its files into [Exercise]s, each with what is to be asked ([Ask]) and how the
/// replies are judged ([Judge]). An [Examinee] answers, a model in this process or an endpoint. An
/// [Examination] holds what came out, question by question; all figures are computed from it and
/// can be computed again.
@NullMarked
package chuan.eval;

import org.jspecify.annotations.NullMarked;
