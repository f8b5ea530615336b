@NullMarked
package chuan.quant;

import org.jspecify.annotations.NullMarked;
