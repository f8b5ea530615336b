@NullMarked
package chuan.files;

import org.jspecify.annotations.NullMarked;
