/// Holding an examination: asks all questions of some tasks, keeps what came back as it comes, goes
/// on after an interruption.
@NullMarked
package chuan.eval.run;

import org.jspecify.annotations.NullMarked;
