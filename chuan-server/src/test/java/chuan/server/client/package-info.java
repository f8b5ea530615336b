/// Stock Java clients of OpenAI's API against a running server.
@NullMarked
package chuan.server.client;

import org.jspecify.annotations.NullMarked;
