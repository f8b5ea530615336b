/// How a weight matrix is written in few bits: layouts, decoding and encoding. Knows bytes and
/// arrays; files, models and back ends build on it.
@NullMarked
package chuan.quant;

import org.jspecify.annotations.NullMarked;
