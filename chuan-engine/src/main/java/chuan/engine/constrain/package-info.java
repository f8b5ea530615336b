/// Constrained decoding: which tokens may follow so that an answer is JSON, fits a JSON schema, a
/// regular expression or a grammar. [chuan.engine.constrain.Constraints] compiles and caches; what
/// comes out is a [chuan.engine.Constraint].
///
/// A grammar is a graph of [chuan.engine.constrain.Expr]s over bytes. A recognizer follows all ways
/// to read a text at the same time and gives each set of ways a number, so a second visit is one
/// look-up in a table. A walk over the trie of all tokens turns that into a mask.
@NullMarked
package chuan.engine.constrain;

import org.jspecify.annotations.NullMarked;
