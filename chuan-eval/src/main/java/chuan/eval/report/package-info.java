/// What an [chuan.eval.Examination] says: its file, the figures computed from it, and the tables
/// and pages that show them.
@NullMarked
package chuan.eval.report;

import org.jspecify.annotations.NullMarked;
