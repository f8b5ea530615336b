/// The arithmetic of the CPU engine behind one narrow interface, [chuan.kernel.Kernels]: a plain
/// truth and faster twins that give the same bits.
@NullMarked
package chuan.kernel;

import org.jspecify.annotations.NullMarked;
