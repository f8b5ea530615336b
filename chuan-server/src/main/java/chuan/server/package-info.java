/// The HTTP server: wiring, state, filters, errors. The routes are in packages of their own, one
/// per API. Knows no back end: it sees [chuan.engine] only. Start at [chuan.server.ChuanServer].
@NullMarked
package chuan.server;

import org.jspecify.annotations.NullMarked;
