/// What can be seen of a running server: health, Prometheus metrics, the access log. Never what was
/// asked or answered.
@NullMarked
package chuan.server.metrics;

import org.jspecify.annotations.NullMarked;
