@NullMarked
package chuan.autograd;

import org.jspecify.annotations.NullMarked;
