@NullMarked
package chuan.asm;

import org.jspecify.annotations.NullMarked;
