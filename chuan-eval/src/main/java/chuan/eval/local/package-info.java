/// A model in this process as an examinee.
///
/// What is asked becomes lines of tokens ([chuan.eval.local.Line]); lines that begin alike share
/// what is computed of them ([chuan.eval.local.PrefixTree]); parts of many go through the model
/// together ([chuan.eval.local.Scoring]). A back end computes the same bits for any division of
/// texts into steps and batches, so none of this shows in a result.
@NullMarked
package chuan.eval.local;

import org.jspecify.annotations.NullMarked;
