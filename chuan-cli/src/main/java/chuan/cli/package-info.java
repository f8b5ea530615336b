/// The `chuan` command: options, terminal, messages. The only place that picks a back end.
@NullMarked
package chuan.cli;

import org.jspecify.annotations.NullMarked;
