/// The decoder on a CPU: weights, key/value cache, worker threads, and the verbs of the forward
/// pass over the kernels of [chuan.kernel].
@NullMarked
package chuan.cpu;

import org.jspecify.annotations.NullMarked;
