/// Machine code made at start-up: a small x86-64 assembler, memory that runs what it writes, and
/// what the processor can do. Needs the JDK only; knows nothing of kernels.
@NullMarked
package chuan.asm;

import org.jspecify.annotations.NullMarked;
