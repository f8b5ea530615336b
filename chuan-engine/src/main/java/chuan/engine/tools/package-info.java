/// Tools that a model may call: how they are told to it, how it calls them, how results come back.
/// The format is ours; see `docs/tools.md`.
@NullMarked
package chuan.engine.tools;

import org.jspecify.annotations.NullMarked;
