@NullMarked
package chuan.kernel;

import org.jspecify.annotations.NullMarked;
