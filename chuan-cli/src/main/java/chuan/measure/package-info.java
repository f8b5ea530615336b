/// Measuring: speeds of a model, the limits of the machine in the same process, other programs in
/// turns on the same file, the ledger of all that was measured, and the report made from it.
@NullMarked
package chuan.measure;

import org.jspecify.annotations.NullMarked;
