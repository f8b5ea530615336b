/// How an answer is read out of what a model wrote, by the rules of each benchmark's authors and by
/// a strict one of our own, and what it is worth beside the key. Nothing is drawn by lot: where an
/// original would guess, there is no answer.
@NullMarked
package chuan.eval.extract;

import org.jspecify.annotations.NullMarked;
