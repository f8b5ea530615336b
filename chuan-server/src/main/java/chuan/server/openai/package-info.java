/// OpenAI's API: what its SDKs, and the programs built on them, send and expect, to the byte. The
/// requests are records read by [chuan.server.Fields]; what leaves is put together field by field,
/// so that what is null and what is absent can be seen.
@NullMarked
package chuan.server.openai;

import org.jspecify.annotations.NullMarked;
