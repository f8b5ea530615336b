@NullMarked
package chuan.model;

import org.jspecify.annotations.NullMarked;
