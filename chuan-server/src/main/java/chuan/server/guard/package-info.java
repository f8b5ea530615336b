/// Who may ask, from where, and how much: API keys, the checks that keep other web pages out,
/// limits per key. All of it happens before a route sees the request. Start at
/// [chuan.server.guard.Guard].
@NullMarked
package chuan.server.guard;

import org.jspecify.annotations.NullMarked;
