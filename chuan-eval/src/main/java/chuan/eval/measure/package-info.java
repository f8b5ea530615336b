/// What is measured rather than examined, and examinations that need no set of questions: bits per
/// byte of texts, sums, pass keys in long texts, translations.
@NullMarked
package chuan.eval.measure;

import org.jspecify.annotations.NullMarked;
