/// Model folders on disk: safetensors, PyTorch checkpoints, configuration. Everything read here is
/// treated as hostile: validated before the first view of a tensor, bounded in memory, and refused
/// with one line that names the file and the place. Knows `chuan.model`, never the other way round.
@NullMarked
package chuan.files;

import org.jspecify.annotations.NullMarked;
