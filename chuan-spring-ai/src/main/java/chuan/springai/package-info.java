/// A Chuan model in this process for programs that are written with Spring AI.
@NullMarked
package chuan.springai;

import org.jspecify.annotations.NullMarked;
