/// Calls of tools by a model that was not made for them: how tools are described in a prompt, how a
/// call is written, and how it is read again while it comes. See docs/tools.md.
@NullMarked
package chuan.engine.tools;

import org.jspecify.annotations.NullMarked;
