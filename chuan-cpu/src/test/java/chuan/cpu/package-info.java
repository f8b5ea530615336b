@NullMarked
package chuan.cpu;

import org.jspecify.annotations.NullMarked;
