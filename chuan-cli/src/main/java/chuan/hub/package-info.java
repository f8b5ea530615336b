/// Fetching model folders from Hugging Face-compatible and ModelScope-compatible hubs. Names, sizes
/// and redirects that a hub sends are not trusted; a folder counts as complete when its manifest is
/// there.
@NullMarked
package chuan.hub;

import org.jspecify.annotations.NullMarked;
