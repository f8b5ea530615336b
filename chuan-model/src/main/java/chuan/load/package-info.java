/// How a stored model gets onto a device: the contract between those who open models and the back
/// ends that load them, which do not know each other.
@NullMarked
package chuan.load;

import org.jspecify.annotations.NullMarked;
